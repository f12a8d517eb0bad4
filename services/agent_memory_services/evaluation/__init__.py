"""Evaluation of extraction, of search and of beliefs, on known material.

Retrieval, on conversations with questions and the turns that answer them:

corpus       conversations, turns and questions
adapters     published data sets, read as a corpus
retrieval    ingest, queries and baselines on a real service
report       metrics and tables
command      the evaluation at a terminal

Extraction, on golden messages and on whole conversations:

golden       messages with their facts, and the file of them that is shipped
extraction   facts that an extractor finds in them
judging      precision and recall of these facts
live_system  conversations in a running system, extracted there
coverage     share of the evidence that facts cite, and effect of facts on search
extraction_report, extraction_command

Beliefs, on histories of dated statements:

histories    statements with what is current, past and distinct after them, and the shipped file
truth        histories told to a running system, and the judgement of what it believes
truth_command
"""
