"""Streams of changes in the store, each read once for all watchers of this process."""
