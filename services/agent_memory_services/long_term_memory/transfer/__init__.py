"""Memories on their way out of the store and back into one."""
