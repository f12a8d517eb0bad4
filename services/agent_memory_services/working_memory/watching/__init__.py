"""Telling watchers what becomes of a session."""
