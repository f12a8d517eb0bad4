"""Search for memories that answer a question, in the order in which it happens.

question   the words and phrases of the question; its words in what was found
temporal   the times that the question speaks of; signals that rest on them
plan       the legs to run and the ranking to apply; `weights` holds the defaults
legs       the queries to the index, the pool of candidates, the fusion of the legs
signals    other evidence for a candidate: neighbours, session, entities
telling    what messages tell by themselves, and instances of the kinds that are asked for
scores     BM25, scales, and the sheet of signals that adds up to a score
ranking    the above in order, with recency and diversity
search     pages and streams of hits, and what earlier pages showed
"""
