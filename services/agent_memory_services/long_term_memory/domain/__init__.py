"""Rules and terms of memories, free of storage and transport."""
