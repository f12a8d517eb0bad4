"""Leases, by which one process at a time does what is done once for all of them."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.background import Periodic
from agent_memory_services.kit.redis.scripts import Key, script

_PACKAGE: Final = "agent_memory_services.kit.redis"


@script(_PACKAGE, "lua/lease")
def _lease(lease: Key, *, holder: str, milliseconds: int) -> Any:
    """Take or renew a lease; answers 1 where it is held now."""


@script(_PACKAGE, "lua/release")
def _release(lease: Key, *, holder: str) -> Any:
    """Give a lease back, where it is still held."""


_SAFETY: Final = 0.2
"""Share of a lease, at its end, in which its holder no longer relies on it."""
_RENEWALS_PER_LEASE: Final = 3


class Lease:
    """The right to do some work; it ends automatically when its holder is gone.

    A holder stops relying on it a little before that, so that two never rely on it at a time.
    """

    def __init__(self, client: Redis, key: str, seconds: float, *, holder: str = "") -> None:
        """Hold nothing yet.

        Args:
            client: the store.
            key: where the lease lies.
            seconds: how long it lasts unless it is taken again.
            holder: the name to hold it by; empty for a new one.
        """
        self._client = client
        self._key = key
        self._seconds = seconds
        self._holder = holder or new_id()
        self._until: float | None = None

    @property
    def is_held(self) -> bool:
        """It was ours when last taken, and lasts."""
        return self._until is not None and time.monotonic() < self._until

    @property
    def is_kept(self) -> bool:
        """It was ours when last taken, whether or not it lasts."""
        return self._until is not None

    async def take(self) -> bool:
        """Take or renew it, and return true if it is ours now."""
        asked = time.monotonic()
        milliseconds = round(self._seconds * 1000)
        taken = bool(
            await _lease(self._client, self._key, holder=self._holder, milliseconds=milliseconds)
        )
        self._until = asked + self._seconds * (1 - _SAFETY) if taken else None
        return taken

    async def release(self) -> None:
        """Give it back, where it is ours."""
        self._until = None
        await _release(self._client, self._key, holder=self._holder)

    @asynccontextmanager
    async def renewed(self, report: Callable[[Exception], None]) -> AsyncIterator[None]:
        """Renew it while the block runs; `report` is told of each time the store was away."""

        async def renew() -> None:
            await self.take()

        seconds = self._seconds / _RENEWALS_PER_LEASE
        async with Periodic(renew, seconds, delay=seconds, report=report).running():
            yield
