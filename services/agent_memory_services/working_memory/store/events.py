"""Events of sessions in the feed, and the status that a watcher may see."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from redis.asyncio import Redis

from agent_memory_services.kit.redis.feed.tail import Position, Raw
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.working_memory.domain.session import SessionKey
from agent_memory_services.working_memory.store.records import SessionAddress, partition_prefix


class Kind(Enum):
    """Kinds of events."""

    CREATED = b"created"
    UPDATED = b"updated"
    MESSAGES = b"messages"
    SUMMARIZED = b"summarized"
    DELETED = b"deleted"


@dataclass(frozen=True, slots=True)
class SessionEvent:
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
        """Topics of the event."""
        return (self.session,)

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """Return an event as `lua/changes.lua` writes it."""
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


@script(
    "agent_memory_services.working_memory.store",
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/expiry",
    "lua/session/sweep",
)
def _sweep(partition: Key) -> Any:
    """Take sessions of a partition that have expired out of its listings."""


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """A session that exists.

    Attributes:
        user: its owner.
        expires: when it will be gone, in microseconds since the epoch; None is never.
    """

    user: str
    expires: int | None


class SessionStatuses:
    """The sessions of one Redis."""

    def __init__(self, client: Redis, partitions: int) -> None:
        """Look into `partitions` partitions."""
        self._client = client
        self._partitions = partitions

    def partition_of(self, key: SessionKey) -> int:
        """Return the partition that a session lives in."""
        return SessionAddress.of(key, self._partitions).partition

    def mark_of(self, key: SessionKey) -> bytes:
        """Return the name of a session in the stream of changes; see `lua/session/changes.lua`."""
        member = SessionAddress.of(key, self._partitions).member.encode()
        # A name, not a secret: the store offers no other digest to scripts.
        return hashlib.sha1(member, usedforsecurity=False).hexdigest().encode()

    async def of(self, key: SessionKey) -> SessionStatus | None:
        """Return the status of a session; None where there is none."""
        meta = SessionAddress.of(key, self._partitions).parts.meta
        found: Sequence[Any] = await self._client.hmget(meta, ["user", "expires"])
        user, expires = found
        if user is None:
            return None
        return SessionStatus(user.decode(), int(expires) if expires else None)

    async def sweep(self, partition: int) -> None:
        """Publish which sessions of a partition have expired."""
        await _sweep(self._client, partition_prefix(partition))
