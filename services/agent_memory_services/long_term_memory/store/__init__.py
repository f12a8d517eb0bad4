"""Memories in Redis."""
