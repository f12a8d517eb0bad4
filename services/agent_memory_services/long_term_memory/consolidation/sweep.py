"""Compaction in the background: every so often, by one process for each shard."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction
from agent_memory_services.long_term_memory.consolidation.dirty import DirtySets
from agent_memory_services.long_term_memory.keys import Shard
from agent_memory_services.long_term_memory.lease import Lease
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.runtime.errors import StoreUnavailable

log = structlog.get_logger()

ACTOR: Final = "long-term-memory"
"""Who the history names for what a sweep did."""

_LEASE_SECONDS: Final = 30.0


class Sweep:
    """Goes over the tenants with changed memories; the calls that come in always go first."""

    def __init__(
        self,
        client: Redis,
        shards: Sequence[Shard],
        dirty: DirtySets,
        compaction: Compaction,
        *,
        interval_seconds: float,
    ) -> None:
        """Wait `interval_seconds` between the end of a round and the next one."""
        self._leases = {shard: Lease(client, shard.sweep_lease, _LEASE_SECONDS) for shard in shards}
        self._dirty = dirty
        self._compaction = compaction
        self._interval = interval_seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweep while the block runs; what is under way at its end is left to the next sweep."""
        # A sweep that fails ends the process: one that only answers calls would look healthy.
        async with asyncio.TaskGroup() as background:
            sweeping = background.create_task(self._run())
            try:
                yield
            finally:
                sweeping.cancel()

    async def round(self) -> None:
        """Compact each shard that no other process is at.

        Raises:
            RedisError: the store went away.
        """
        for shard, lease in self._leases.items():
            try:
                if await lease.take():
                    await self._compact(shard, lease)
            finally:
                # Also where the end of the process came between the taking and its answer.
                await lease.release()

    async def _compact(self, shard: Shard, lease: Lease) -> None:
        for tenant in await self._dirty.tenants(shard):
            report = await self._compaction.run(
                Scope(tenant), MemoryFilter(), actor=ACTOR, goes_on=lease.take
            )
            if report.considered:
                log.info(
                    "consolidation.swept",
                    considered=report.considered,
                    merged=report.merged,
                    superseded=report.superseded,
                )

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self.round()
            except (RedisError, StoreUnavailable) as error:
                log.warning("consolidation.sweep_failed", error=type(error).__name__)
