"""What became of memories: their revisions, taking changes back, watching."""
