"""placeholder"""
def summarize(turns, previous, max_words):
    return ""
