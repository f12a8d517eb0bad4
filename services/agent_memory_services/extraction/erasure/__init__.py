"""Erasing what a user said, wherever extraction still has it."""
