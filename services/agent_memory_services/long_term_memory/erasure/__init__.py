"""Erasing what is remembered of a user, and what it was before."""
