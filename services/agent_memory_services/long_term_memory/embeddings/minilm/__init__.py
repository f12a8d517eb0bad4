"""The all-MiniLM-L6-v2 sentence encoder: its files, its tokens and two ways to run it."""
