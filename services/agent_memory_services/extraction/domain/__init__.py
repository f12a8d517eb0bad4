"""Rules and terms of extraction, free of storage and transport."""
