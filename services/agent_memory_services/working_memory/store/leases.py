"""Leases of partitions among relays: one relay per partition, and an equal share for each."""

import time
from typing import Final

from redis.asyncio import Redis

from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.scripts import Script
from agent_memory_services.working_memory.store.keys import RELAYS_KEY, lease_key

_PACKAGE: Final = "agent_memory_services.working_memory.store"
_LEASE: Final = Script(_PACKAGE, "lua/relay/lease")
_RELEASE: Final = Script(_PACKAGE, "lua/relay/release")
_CENSUS: Final = Script(_PACKAGE, "lua/relay/census")

_SAFETY: Final = 0.2
"""Share of a lease, at its end, in which its holder no longer relies on it."""


class Leases:
    """The partitions that one relay holds.

    A lease expires when its holder is gone. A holder stops relying on it a little before
    that, so that two never deliver the same partition.
    """

    def __init__(self, client: Redis, partitions: int, seconds: float) -> None:
        """Hold none of the `partitions` yet; a lease lasts `seconds`."""
        self._client = client
        self._partitions = partitions
        self._seconds = seconds
        self._milliseconds = int(seconds * 1000)
        self._holder = new_id()
        self._until: dict[int, float] = {}

    @property
    def held(self) -> frozenset[int]:
        """The partitions that are ours now."""
        return frozenset(filter(self.holds, self._until))

    def holds(self, partition: int) -> bool:
        """Return true if this relay holds the partition now."""
        return time.monotonic() < self._until.get(partition, 0.0)

    async def refresh(self) -> frozenset[int]:
        """Renew what is held, and take what is free, up to a fair share.

        Returns:
            Partitions beyond the share, to be given back when nothing of theirs is under way.
        """
        relays: int = await _CENSUS(self._client, [RELAYS_KEY], [self._holder, self._milliseconds])
        share = -(-self._partitions // relays)
        for partition in sorted(self._until):
            await self._take(partition)
        for partition in self._in_own_order():
            if len(self._until) >= share:
                break
            if partition not in self._until:
                await self._take(partition)
        return frozenset(sorted(self._until)[share:])

    async def release(self, partition: int) -> None:
        """Give a partition back."""
        self._until.pop(partition, None)
        await _RELEASE(self._client, [lease_key(partition)], [self._holder])

    async def leave(self) -> None:
        """Give everything back, and count no longer."""
        for partition in list(self._until):
            await self.release(partition)
        await self._client.zrem(RELAYS_KEY, self._holder)

    async def _take(self, partition: int) -> None:
        asked = time.monotonic()
        key, args = lease_key(partition), (self._holder, self._milliseconds)
        if await _LEASE(self._client, [key], args):
            self._until[partition] = asked + self._seconds * (1 - _SAFETY)
        else:
            self._until.pop(partition, None)

    def _in_own_order(self) -> list[int]:
        """Return all partitions, from a different start in each relay, so that few collide."""
        start = hash(self._holder) % self._partitions
        return [(start + step) % self._partitions for step in range(self._partitions)]
