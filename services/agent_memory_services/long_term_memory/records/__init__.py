"""Memories by id: what a write is, and the one script that makes it."""
