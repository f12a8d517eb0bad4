"""Partitions that a relay delivers: one relay at a time, and every relay its share."""

from typing import Any

from redis.asyncio import Redis

from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.lease import Lease
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.working_memory.store.keys import RELAYS_KEY, lease_key


@script("agent_memory_services.working_memory.store", "lua/relay/census")
def _census(relays: Key, *, relay: str, silence: int) -> Any:
    """Count the relays that were heard of within so many milliseconds, and say that one lives."""


class Leases:
    """The partitions that one relay holds."""

    def __init__(self, client: Redis, partitions: int, seconds: float) -> None:
        """Hold none of the `partitions` yet; a lease lasts `seconds`."""
        self._client = client
        self._milliseconds = int(seconds * 1000)
        self._holder = new_id()
        self._leases = [
            Lease(client, lease_key(partition), seconds, holder=self._holder)
            for partition in range(partitions)
        ]

    @property
    def held(self) -> frozenset[int]:
        """The partitions that are ours now."""
        return frozenset(filter(self.holds, range(len(self._leases))))

    def holds(self, partition: int) -> bool:
        """Return true if the partition is ours now."""
        return self._leases[partition].is_held

    async def refresh(self) -> frozenset[int]:
        """Renew what is held, and take what is free, up to a fair share.

        Returns:
            Partitions beyond the share, to be given back when nothing of theirs is under way.
        """
        relays: int = await _census(
            self._client, RELAYS_KEY, relay=self._holder, silence=self._milliseconds
        )
        share = -(-len(self._leases) // relays)
        for partition in self._kept():
            await self._leases[partition].take()
        for partition in self._in_own_order():
            if len(self._kept()) >= share:
                break
            if not self._leases[partition].is_kept:
                await self._leases[partition].take()
        return frozenset(self._kept()[share:])

    async def release(self, partition: int) -> None:
        """Give a partition back."""
        await self._leases[partition].release()

    async def leave(self) -> None:
        """Give everything back, and count no longer."""
        for partition in self._kept():
            await self.release(partition)
        await self._client.zrem(RELAYS_KEY, self._holder)

    def _kept(self) -> list[int]:
        return [partition for partition, lease in enumerate(self._leases) if lease.is_kept]

    def _in_own_order(self) -> list[int]:
        """All partitions; each relay begins elsewhere, so that they seldom reach for the same."""
        count = len(self._leases)
        start = hash(self._holder) % count
        return [(start + step) % count for step in range(count)]
