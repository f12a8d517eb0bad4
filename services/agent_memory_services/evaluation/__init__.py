"""How well a system extracts facts and finds what is asked for, measured on known material.

corpus     conversations, their turns, and questions with the turns that answer them
adapters   data sets as they are published, read as a corpus
storing    turns as memories, through the real service
contenders the settings that are compared: the default, and the usual answers of the field
asking     the questions, put to the real service
metrics    what share of the evidence came back, and how fast
report     the outcome as tables
retrieval  all of it in order
command    the same at a terminal

golden     messages with their facts, and the file of them that is shipped
judging    precision and recall of what was found in them
extraction what an extractor finds in them
living     conversations told to a running system, and extracted there
coverage   the evidence that facts cite, and what facts do to searching
extraction_report, extraction_command
"""
