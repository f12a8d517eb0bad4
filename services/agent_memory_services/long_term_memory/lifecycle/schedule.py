"""Forgetting in the background."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from agent_memory_services.long_term_memory.filtering.expression import ALWAYS
from agent_memory_services.long_term_memory.keys import Shard
from agent_memory_services.long_term_memory.lease import Lease
from agent_memory_services.long_term_memory.lifecycle.forgetting import Forgetting, Oblivion
from agent_memory_services.long_term_memory.lifecycle.policy import Policy
from agent_memory_services.long_term_memory.lifecycle.retention import Retention
from agent_memory_services.long_term_memory.rounds import ACTOR
from agent_memory_services.long_term_memory.scope import Scope

log = structlog.get_logger()

EVERYBODY: Final = "*"
"""Names the policy of tenants that have none of their own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a tenant forgets by schedule, and whether for good."""

    policy: Policy
    permanently: bool = False


class Schedule:
    """Forgets for every tenant: what ended by nature, what its plan says, what was put away."""

    def __init__(
        self,
        client: Redis,
        forgetting: Forgetting,
        retention: Retention,
        plans: Mapping[str, Plan],
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
        plans = [Plan(Policy()), *([plan] if plan else [])]
        forgotten = 0
        for each in plans:
            asked = Oblivion(
                each.policy, ALWAYS, permanently=each.permanently, execute=True, actor=ACTOR
            )
            forgotten += (await self._forgetting.forget(Scope(tenant), asked)).count
        deleted = await self._retention.clean(tenant, actor=ACTOR)
        if forgotten or deleted:
            log.info("forgetting.done", forgotten=forgotten, deleted=deleted)
