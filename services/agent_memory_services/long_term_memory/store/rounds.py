"""Periodic work: at intervals, shard by shard, by one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.kit.contract.errors import StoreUnavailable
from agent_memory_services.kit.redis.lease import Lease
from agent_memory_services.long_term_memory.store.keys import Shard

log = structlog.get_logger()

ACTOR: Final = "long-term-memory"
"""Who the history names for what was done in a round."""

_LEASE_SECONDS: Final = 60.0
_RENEWALS_PER_LEASE: Final = 3

Work: TypeAlias = Callable[[Shard, Lease], Awaitable[None]]
"""What is done on a shard. Its lease is renewed meanwhile; work of many steps asks between them
whether it is still held."""


class Rounds:
    """Goes over the shards that no other process is at."""

    def __init__(
        self, name: str, client: Redis, shards: Mapping[Shard, str], work: Work, *, seconds: float
    ) -> None:
        """Lease each shard by its key, and wait `seconds` between a round's end and the next.

        `name` is what the log calls the work.
        """
        self._name = name
        self._leases = {shard: Lease(client, key, _LEASE_SECONDS) for shard, key in shards.items()}
        self._work = work
        self._seconds = seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Go round while the block runs; what is under way at its end is left to the next round."""
        # Rounds that fail end the process: one that only answers calls would look healthy.
        async with asyncio.TaskGroup() as background:
            running = background.create_task(self._run())
            try:
                yield
            finally:
                running.cancel()

    async def round(self) -> None:
        """Go round once.

        Raises:
            RedisError: the store went away.
            StoreUnavailable: the same, found out inside the work.
        """
        for shard, lease in self._leases.items():
            try:
                if await lease.take():
                    await self._work_at(shard, lease)
            finally:
                # Also where the end of the process came between the taking and its answer.
                await lease.release()

    async def _work_at(self, shard: Shard, lease: Lease) -> None:
        keeping = asyncio.create_task(self._keep(lease))
        try:
            await self._work(shard, lease)
        finally:
            keeping.cancel()

    async def _keep(self, lease: Lease) -> None:
        """Renew a lease while the work goes on; two at work would do no harm, only double work."""
        while True:
            await asyncio.sleep(_LEASE_SECONDS / _RENEWALS_PER_LEASE)
            try:
                await lease.take()
            except RedisError as error:
                self._warn("round.lease_not_renewed", error)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.round()
            except (RedisError, StoreUnavailable) as error:
                self._warn("round.failed", error)

    def _warn(self, event: str, error: Exception) -> None:
        log.warning(event, work=self._name, error=type(error).__name__)
