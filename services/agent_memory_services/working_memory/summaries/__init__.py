"""Summaries of what leaves a view, written in the background."""
