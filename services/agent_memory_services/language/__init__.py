"""Languages that memories are written in."""
