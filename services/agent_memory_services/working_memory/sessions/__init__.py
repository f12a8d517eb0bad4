"""Reading, writing, watching, rebuilding and erasing sessions."""
