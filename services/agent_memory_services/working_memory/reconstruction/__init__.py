"""Sessions that are gone, rebuilt for readers."""
