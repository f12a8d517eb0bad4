"""Places in a stream."""

from typing import Final, NamedTuple, Self

from agent_memory_services.runtime.cursors import whole_number


class Position(NamedTuple):
    """A place in a stream, as the store numbers it."""

    milliseconds: int
    number: int

    @classmethod
    def read(cls, text: bytes) -> Self:
        """The inverse of `spell`.

        Raises:
            ValueError: it is no place.
        """
        milliseconds, _, counted = text.partition(b"-")
        return cls(whole_number(milliseconds), whole_number(counted))

    def spell(self) -> str:
        """The position as the store writes it."""
        return f"{self.milliseconds}-{self.number}"


ORIGIN: Final = Position(0, 0)
"""Before the first entry."""
