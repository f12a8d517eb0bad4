"""Rules by which two statements say the same or one ends the other, free of storage."""
