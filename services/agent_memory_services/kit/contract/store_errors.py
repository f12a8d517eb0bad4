"""Replies of a store that is there and does not serve for the moment."""

from typing import Final

from redis.exceptions import ResponseError

_BUSY: Final = "BUSY "


# Replies without a class of their own: a node that may not write, a query that ran out of the
# engine's time, a script that was ended, one that cannot be ended, and a wait that ended because
# the node became a replica.
_AWAY: Final = (
    "MISCONF ",
    "NOREPLICAS ",
    "UNBLOCKED ",
    "UNKILLABLE ",
    "Timeout limit was reached",
)


_ENDED: Final = "Script killed by user"


class StoreAwayError(ResponseError):
    """A reply of a store that is there and does not serve for the moment."""


class UnusableStoreError(Exception):
    """A store that is there and cannot be used as it is; the message says why."""


class StoreBusyError(StoreAwayError):
    """A reply of a store that runs one script for long, and serves nothing else meanwhile."""


def typed(error: ResponseError) -> ResponseError:
    """Give a reply that says that the store does not serve a class that says so."""
    said = str(error)
    if said.startswith(_BUSY):
        return StoreBusyError(said)
    if said.startswith(_AWAY) or _ENDED in said:
        return StoreAwayError(said)
    return error
