"""What sessions said, on its way to extraction."""
