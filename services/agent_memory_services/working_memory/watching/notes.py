"""What the store notes of a change of a session."""

from dataclasses import dataclass
from enum import Enum
from typing import Self

from agent_memory_services.runtime.feed.position import Position
from agent_memory_services.runtime.feed.tail import Raw


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

    @property
    def topics(self) -> tuple[bytes]:
        """What it is about."""
        return (self.session,)

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """A note as `lua/changes.lua` writes it."""
        position, fields = entry
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
