"""Whose a session is and until when, for those who only want to know that."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory_services.runtime.redis import Script
from agent_memory_services.working_memory.keyspace import (
    SessionPlace,
    changes_key,
    partition_prefix,
)
from agent_memory_services.working_memory.session import SessionKey

_SWEEP: Final = Script(
    "agent_memory_services.working_memory",
    "lua/prelude",
    "lua/changes",
    "lua/expiry",
    "lua/sweep",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A session that exists.

    Attributes:
        user: its owner.
        expires: when it will be gone, in microseconds since the epoch; None is never.
    """

    user: str
    expires: int | None


class Standings:
    """The sessions of one Redis."""

    def __init__(self, client: Redis, partitions: int) -> None:
        """Look into `partitions` partitions."""
        self._client = client
        self._partitions = partitions

    def partition_of(self, key: SessionKey) -> int:
        """The partition that a session lives in."""
        return SessionPlace.of(key, self._partitions).partition

    def mark_of(self, key: SessionKey) -> bytes:
        """What a session goes by in the stream of changes; see `lua/changes.lua`."""
        member = SessionPlace.of(key, self._partitions).member.encode()
        # A name, not a secret: the store offers no other digest to scripts.
        return hashlib.sha1(member, usedforsecurity=False).hexdigest().encode()

    async def of(self, key: SessionKey) -> Standing | None:
        """How a session stands; None where there is none."""
        (meta,) = SessionPlace.of(key, self._partitions).keys("meta")
        found: Sequence[Any] = await self._client.hmget(meta, ["user", "expires"])
        user, expires = found
        if user is None:
            return None
        return Standing(user.decode(), int(expires) if expires else None)

    async def sweep(self, partition: int) -> None:
        """Let everybody know which sessions of a partition have expired."""
        await _SWEEP(self._client, [changes_key(partition)], [partition_prefix(partition)])
