"""Forgetting and retention by schedule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros, to_micros
from agent_memory_services.kit.redis.background import Lease
from agent_memory_services.long_term_memory.consolidation.originals import commit_each_whole
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS
from agent_memory_services.long_term_memory.domain.forget_policy import Policy
from agent_memory_services.long_term_memory.domain.memory import Change
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.lifecycle.forgetting import (
    ForgetRequest,
    Forgetting,
    archived_before,
)
from agent_memory_services.long_term_memory.listing import Walk
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.rounds import ACTOR

_PAGE: Final = 200
_REASON: Final = "archived beyond the retention time"


class Retention:
    """Deletion of archived memories after their retention time."""

    def __init__(self, store: MemoryStore, index: MemoryIndex, *, micros: int) -> None:
        """Keep them for so many microseconds."""
        self._store = store
        self._walk = Walk(index)
        self._micros = micros

    async def clean(self, tenant: str, *, actor: str) -> int:
        """Delete what was archived before; return the number of memories deleted.

        Raises:
            RedisError: the store went away; what was deleted until then is.
        """
        before = now_micros() - self._micros
        deleted = 0
        async for page in self._walk.pages(Scope(tenant), archived_before(before), size=_PAGE):
            changes = [
                Change(memory, None, ltm.REVISION_CAUSE_FORGET, reason=_REASON)
                for memory in page
                if to_micros(memory.archive_time) < before
            ]
            commits = await commit_each_whole(
                self._store, tenant, changes, actor=actor, now=now_micros()
            )
            for commit in commits:
                if isinstance(commit, Exception):
                    raise commit
                deleted += commit.committed
        return deleted


log = structlog.get_logger()

EVERYBODY: Final = "*"
"""Names the policy of tenants that have none of their own."""


@dataclass(frozen=True, slots=True)
class ForgettingSchedule:
    """Policy by which a tenant forgets on schedule."""

    policy: Policy
    permanently: bool = False


class Schedule:
    """Forgetting for every tenant: expired memories, those its plan names, archived ones."""

    def __init__(
        self,
        client: Redis,
        forgetting: Forgetting,
        retention: Retention,
        plans: Mapping[str, ForgettingSchedule],
    ) -> None:
        """Forget as `plans` say, by tenant."""
        self._client = client
        self._forgetting = forgetting
        self._retention = retention
        self._plans = plans

    async def over(self, shard: Shard, lease: Lease) -> None:
        """Tidy up a shard while its lease is held.

        Raises:
            RedisError: the store went away; what was done stands.
        """
        for tenant in await self._tenants(shard):
            if not await lease.take():
                return
            await self._tidy(tenant)

    async def _tenants(self, shard: Shard) -> list[str]:
        found: Any = await self._client.smembers(shard.tenants)
        return sorted(member.decode() for member in found)

    async def _tidy(self, tenant: str) -> None:
        plan = self._plans.get(tenant) or self._plans.get(EVERYBODY)
        plans = [ForgettingSchedule(Policy()), *([plan] if plan else [])]
        forgotten = 0
        for each in plans:
            asked = ForgetRequest(
                each.policy, ALWAYS, permanently=each.permanently, execute=True, actor=ACTOR
            )
            forgotten += (await self._forgetting.forget(Scope(tenant), asked)).count
        deleted = await self._retention.clean(tenant, actor=ACTOR)
        if forgotten or deleted:
            log.info("forgetting.done", forgotten=forgotten, deleted=deleted)
