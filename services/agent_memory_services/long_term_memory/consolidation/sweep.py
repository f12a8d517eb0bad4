"""Compaction in the background."""

import structlog

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction
from agent_memory_services.long_term_memory.consolidation.dirty import DirtySets
from agent_memory_services.long_term_memory.keys import Shard
from agent_memory_services.long_term_memory.lease import Lease
from agent_memory_services.long_term_memory.rounds import ACTOR
from agent_memory_services.long_term_memory.scope import Scope

log = structlog.get_logger()


class Sweep:
    """Compacts the tenants with changed memories; the calls that come in always go first."""

    def __init__(self, dirty: DirtySets, compaction: Compaction) -> None:
        """Compact what is dirty."""
        self._dirty = dirty
        self._compaction = compaction

    async def over(self, shard: Shard, lease: Lease) -> None:
        """Compact a shard while its lease is held.

        Raises:
            RedisError: the store went away; what was done stands.
        """
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
