"""How well a running system finds what is asked for, on conversations with known evidence.

corpus     conversations, their turns, and questions with the turns that answer them
adapters   data sets as they are published, read as a corpus
storing    turns as memories, through the real service
contenders the settings that are compared: the default, and the usual answers of the field
asking     the questions, put to the real service
metrics    what share of the evidence came back, and how fast
report     the outcome as tables
retrieval  all of it in order
command    the same at a terminal
"""
