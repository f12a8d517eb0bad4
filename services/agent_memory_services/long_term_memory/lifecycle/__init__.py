"""The end of memories: what is forgotten, when, and for how long it can be brought back."""
