"""Finding memories for a question, in the order in which it happens.

question     what the text asks for: phrases, words
plan         which legs to run, and how to rank
legs         what the index is asked, all in one round trip
pool         what the legs found
normalise    the legs' values on one scale
fusion       one match out of several legs
recency      the preference for what is fresh
ranking      the above in order, as a list of stages
places       what earlier pages showed
text_search  all of it, for one page
recall       the same for queries with and without a text
"""
