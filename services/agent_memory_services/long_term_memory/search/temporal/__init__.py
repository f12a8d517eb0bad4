"""The times that a question speaks of, and how near to them a memory is.

grammar   periods of the calendar, and how English writes them
intent    reading a question by the grammar
nearness  signals of the ranking that rest on it
"""
