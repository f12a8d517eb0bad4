"""The extraction service: facts out of conversations, in the background."""
