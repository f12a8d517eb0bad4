"""Feeds of changes that watchers follow."""
