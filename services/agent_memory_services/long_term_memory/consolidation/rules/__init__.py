"""When two statements say the same, and when one ends the other; nothing here knows a store."""
