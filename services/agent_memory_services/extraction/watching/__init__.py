"""Telling watchers what becomes of jobs."""
