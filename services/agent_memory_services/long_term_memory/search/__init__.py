"""Finding memories for a question, in the order in which it happens.

question      what the text asks for: phrases, words
temporal      which times it speaks of
names         which names it may speak of
plan          which legs to run, and how to rank; weights holds the defaults
legs          what the index is asked, all in one round trip
pool          what the legs found
wording       the question's words in what was found; bm25 compares, stems bring forms together
normalise     the legs' values on one scale
fusion        one match out of several legs
parts         what else speaks for a memory: neighbours, sessions, entities, temporal.nearness
recency       the preference for what is fresh
cross_encoder a second reading of the best
diversity     spreading hits over sessions and wordings
ranking       the above in order; a scoresheet keeps what each says
places        what earlier pages showed
text_search   all of it, for one page
recall        the same for queries with and without a text
"""
