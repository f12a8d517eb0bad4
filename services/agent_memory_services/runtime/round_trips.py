"""How often a call went to the store and back."""

from contextvars import ContextVar


class RoundTrips:
    """A tally of one call."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made = 0


# Background work has no tally.
current: ContextVar[RoundTrips | None] = ContextVar("round_trips", default=None)


def count() -> None:
    """The present call goes to the store once more."""
    if (tally := current.get()) is not None:
        tally.made += 1
