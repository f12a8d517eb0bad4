"""Rules and terms of sessions, free of storage and transport."""
