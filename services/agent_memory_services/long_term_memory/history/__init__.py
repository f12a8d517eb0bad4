"""History of memories: revisions, reverting, watching."""
