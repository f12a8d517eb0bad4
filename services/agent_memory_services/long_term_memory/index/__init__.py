"""The index over memories: its fields, its generations, and asking it."""
