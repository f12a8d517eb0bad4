"""What the store notes of a change, and its place among the changes of a partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Self


class Position(NamedTuple):
    """A place in a stream of changes."""

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


ORIGIN = Position(0, 0)
"""Before the first change."""


class Kind(Enum):
    """What happened."""

    CREATED = b"created"
    UPDATED = b"updated"
    MESSAGES = b"messages"
    SUMMARIZED = b"summarized"
    DELETED = b"deleted"


@dataclass(frozen=True, slots=True)
class Note:
    """A change of a session.

    Attributes:
        position: its place in the stream.
        session: names the session; see `session_mark`.
        kind: what happened.
        at: when, in microseconds since the epoch.
        uid: the incarnation; empty where it is gone.
        version: the version after the change; 0 where it is gone.
        first: position in the log of the first message that joined; 0 where none did.
        last: position of the last one.
    """

    position: Position
    session: bytes
    kind: Kind
    at: int
    uid: str = ""
    version: int = 0
    first: int = 0
    last: int = 0

    @classmethod
    def read(cls, position: bytes, fields: Mapping[bytes, bytes]) -> Self:
        """A note as `lua/changes.lua` writes it."""
        return cls(
            Position.read(position),
            session=fields[b"session"],
            kind=Kind(fields[b"kind"]),
            at=int(fields[b"at"]),
            uid=fields.get(b"uid", b"").decode(),
            version=int(fields.get(b"version", 0)),
            first=int(fields.get(b"first", 0)),
            last=int(fields.get(b"last", 0)),
        )
