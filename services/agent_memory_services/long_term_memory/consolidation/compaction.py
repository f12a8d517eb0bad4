"""Consolidating what changed since it was last looked at."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from redis.commands.search.query import Query
from redis.exceptions import RedisError

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.redis.background import Lease
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.consolidation.consolidator import METERS, Consolidator
from agent_memory_services.long_term_memory.domain import conditions, fields, memory
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import Dirty, DirtySets, MemoryStore
from agent_memory_services.long_term_memory.store.rounds import ACTOR

log = structlog.get_logger()

_BATCH: Final = 50
"""Memories that are looked at between two looks at the clock."""


@dataclass(slots=True)
class Report:
    """Counts of what a compaction has done so far.

    Attributes:
        considered: changed memories that were looked at.
        merged: how many were merged into others.
        superseded: how many ended because a newer fact contradicts them.
    """

    considered: int = 0
    merged: int = 0
    superseded: int = 0

    def add(self, done: memory.Decision) -> None:
        """Note what was done about a memory."""
        self.considered += 1
        if done.action is memory.Action.SUPERSEDED:
            self.superseded += len(done.related)
        # A merge that another memory led to was counted with that one.
        if done.action is memory.Action.MERGED:
            self.merged += sum(bool(change.memory.merged_into) for change in done.changes)


class Compaction:
    """Looks at changed memories; what is unchanged costs nothing, however much there is."""

    def __init__(
        self, store: MemoryStore, index: MemoryIndex, dirty: DirtySets, consolidator: Consolidator
    ) -> None:
        self._store = store
        self._index = index
        self._dirty = dirty
        self._consolidator = consolidator

    async def fresh(
        self, tenant: str, created: Sequence[memory.StoredMemory], *, actor: str, now: int
    ) -> dict[str, memory.Decision]:
        """Consolidate memories that were just created, at `now` in microseconds.

        They are stored, whatever happens here: those of which the answer says nothing stay for
        the next sweep.
        """
        done: dict[str, memory.Decision] = {}
        if not created:
            return done
        try:
            async for memory_id, found in self._consolidator.consolidate(
                tenant, created, actor=actor
            ):
                if found is not None:
                    done[memory_id] = found  # noqa: PERF403 - what is done counts, also if the rest fails
            await self._dirty.looked_at(tenant, (Dirty(each, now) for each in done))
        except (RedisError, errors.StoreUnavailable) as error:
            log.warning("consolidation.deferred", error=type(error).__name__)
        METERS.deferred(len(created) - len(done))
        return done

    async def run(
        self,
        scope: Scope,
        given: MemoryFilter,
        *,
        actor: str,
        may_continue: Callable[[], Awaitable[bool]],
    ) -> Report:
        """Consolidate what changed up to now.

        Args:
            scope: what may be touched.
            given: which of the changed memories are looked at; the rest stay for later.
            actor: who does it, for their history.
            may_continue: asked between two batches; where it says no, the rest stays for later.

        Raises:
            InvalidField: the filter nests too deep.
            RedisError: the store went away; what was done stands.
        """
        condition = conditions.compile_filter(given, "filter")
        report, until, passed = Report(), clock.now_micros(), 0
        while await may_continue():
            page = await self._dirty.page(scope.tenant, until, skip=passed, count=_BATCH)
            if not page:
                break
            chosen = await self._chosen(scope, condition, page)
            done = await self._consolidate(scope.tenant, chosen, actor, report)
            await self._dirty.looked_at(scope.tenant, done)
            passed += len(page) - len(done)
        return report

    async def _consolidate(
        self, tenant: str, chosen: Sequence[Dirty], actor: str, report: Report
    ) -> list[Dirty]:
        """Look at memories; those that are done with."""
        stored = await self._store.get_whole(tenant, [each.memory_id for each in chosen])
        there = [each for each in stored if each is not None]
        deferred = set()
        async for memory_id, found in self._consolidator.consolidate(tenant, there, actor=actor):
            if found is None:
                deferred.add(memory_id)
            else:
                report.add(found)
        METERS.deferred(len(deferred))
        return [each for each in chosen if each.memory_id not in deferred]

    async def _chosen(
        self, scope: Scope, condition: conditions.Node, page: Sequence[Dirty]
    ) -> Sequence[Dirty]:
        """Select the changed memories that a call is about."""
        if condition == conditions.ALWAYS and not scope.confined:
            return page
        ids = tuple(each.memory_id for each in page)
        selection = scope.select(conditions.every([condition, conditions.Tag(fields.ID, ids)]))
        query = Query(str(selection.condition)).return_field(fields.ID).paging(0, len(ids))
        [answer] = await self._index.search(scope.tenant, [query.dialect(2)])
        found = {row.fields[fields.ID.encode()].decode() for row in answer.rows}
        return [each for each in page if encode(each.memory_id) in found]


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
                Scope(tenant), MemoryFilter(), actor=ACTOR, may_continue=lease.take
            )
            if report.considered:
                log.info(
                    "consolidation.swept",
                    considered=report.considered,
                    merged=report.merged,
                    superseded=report.superseded,
                )
