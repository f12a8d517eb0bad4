"""Prompts from what a session says and what long-term memory knows."""
