"""Erasing what a user said, wherever it still is."""
