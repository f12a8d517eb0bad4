"""Places in a stream."""

from typing import Final, NamedTuple, Self


class Position(NamedTuple):
    """A place in a stream, as the store numbers it."""

    milliseconds: int
    number: int

    @classmethod
    def read(cls, text: bytes) -> Self:
        """The inverse of `spell`."""
        milliseconds, _, number = text.partition(b"-")
        return cls(int(milliseconds), int(number))

    def spell(self) -> str:
        """The position as the store writes it."""
        return f"{self.milliseconds}-{self.number}"


ORIGIN: Final = Position(0, 0)
"""Before the first entry."""
