"""The times that a question speaks of, and how near to them a memory is.

spans     periods of the calendar
grammar   how English writes them
intent    reading a question by the grammar
nearness  parts of the ranking that rest on it
"""
