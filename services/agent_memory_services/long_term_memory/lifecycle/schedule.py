"""Forgetting in the background: every so often, by one process for each shard."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.long_term_memory.filtering.expression import ALWAYS
from agent_memory_services.long_term_memory.keys import Shard
from agent_memory_services.long_term_memory.lease import Lease
from agent_memory_services.long_term_memory.lifecycle.forgetting import Forgetting, Oblivion
from agent_memory_services.long_term_memory.lifecycle.policy import Policy
from agent_memory_services.long_term_memory.lifecycle.retention import Retention
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.runtime.errors import StoreUnavailable

log = structlog.get_logger()

ACTOR: Final = "long-term-memory"
"""Who the history names for what was forgotten by schedule."""
EVERYBODY: Final = "*"
"""Names the policy of tenants that have none of their own."""

_LEASE_SECONDS: Final = 60.0
_RENEWALS_PER_LEASE: Final = 3


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
        shards: Sequence[Shard],
        forgetting: Forgetting,
        retention: Retention,
        plans: Mapping[str, Plan],
        *,
        interval_seconds: float,
    ) -> None:
        """Wait `interval_seconds` between the end of a round and the next one."""
        self._client = client
        self._leases = {
            shard: Lease(client, shard.forgetting_lease, _LEASE_SECONDS) for shard in shards
        }
        self._forgetting = forgetting
        self._retention = retention
        self._plans = plans
        self._interval = interval_seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Forget while the block runs; what is under way at its end is left to the next round."""
        # A schedule that fails ends the process: one that only answers calls would look healthy.
        async with asyncio.TaskGroup() as background:
            forgetting = background.create_task(self._run())
            try:
                yield
            finally:
                forgetting.cancel()

    async def round(self) -> None:
        """Go over each shard that no other process is at.

        Raises:
            RedisError: the store went away.
        """
        for shard, lease in self._leases.items():
            try:
                if await lease.take():
                    await self._tidy_all(shard, lease)
            finally:
                # Also where the end of the process came between the taking and its answer.
                await lease.release()

    async def _tidy_all(self, shard: Shard, lease: Lease) -> None:
        keeping = asyncio.create_task(_keep(lease))
        try:
            for tenant in await self._tenants(shard):
                await self._tidy(tenant)
        finally:
            keeping.cancel()

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

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self.round()
            except (RedisError, StoreUnavailable) as error:
                log.warning("forgetting.failed", error=type(error).__name__)


async def _keep(lease: Lease) -> None:
    """Renew a lease while the work goes on; two at work would do no harm, only double work."""
    while True:
        await asyncio.sleep(_LEASE_SECONDS / _RENEWALS_PER_LEASE)
        try:
            await lease.take()
        except RedisError as error:
            log.warning("forgetting.lease_not_renewed", error=type(error).__name__)
