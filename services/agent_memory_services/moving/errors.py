"""What keeps a move from being made."""


class MovingError(Exception):
    """A file cannot be written or read as asked; the text says what to do."""
