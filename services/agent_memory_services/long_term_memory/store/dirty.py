"""Sets of memories that changed since consolidation; every write adds to them automatically."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.long_term_memory.store.keys import Shard, shard_of


@dataclass(frozen=True, slots=True)
class Dirty:
    """A memory that changed.

    Attributes:
        memory_id: its id.
        time: when it changed, in microseconds.
    """

    memory_id: str
    time: int


@script("agent_memory_services.long_term_memory.store", "lua/looked_at")
def _looked_at(dirty: Key, *, memories: Sequence[Dirty]) -> Any:
    """Take memories off that did not change since."""


class DirtySets:
    """The changed memories of all tenants."""

    def __init__(self, client: Redis, shards: int) -> None:
        self._client = client
        self._shards = shards

    async def page(self, tenant: str, until: int, *, skip: int, count: int) -> list[Dirty]:
        """Read the memories that changed up to a moment in microseconds, earliest change first."""
        found: Any = await self._client.zrange(
            shard_of(tenant, self._shards).dirty(tenant),
            0,
            until,
            byscore=True,
            offset=skip,
            num=count,
            withscores=True,
        )
        return [Dirty(memory_id.decode(), int(time)) for memory_id, time in found]

    async def looked_at(self, tenant: str, memories: Iterable[Dirty]) -> None:
        """Take memories off, unless they changed again meanwhile."""
        if done := list(memories):
            key = shard_of(tenant, self._shards).dirty(tenant)
            await _looked_at(self._client, key, memories=done)

    async def tenants(self, shard: Shard) -> Sequence[str]:
        """Read the tenants of a shard that have changed memories."""
        found: Any = await self._client.smembers(shard.tenants)
        names = sorted(name.decode() for name in found)
        async with self._client.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.exists(shard.dirty(name))
            there = await pipeline.execute() if names else []
        return [name for name, is_there in zip(names, there, strict=True) if is_there]
