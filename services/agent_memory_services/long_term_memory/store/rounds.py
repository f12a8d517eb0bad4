"""Periodic work on the shards, each by one process at a time."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.kit.contract.errors import StoreUnavailable
from agent_memory_services.kit.redis.background import Lease, Periodic
from agent_memory_services.long_term_memory.store.documents import Shard

log = structlog.get_logger()

ACTOR: Final = "long-term-memory"
"""Actor that the history names for the work of a round."""

_LEASE_SECONDS: Final = 60.0

Work: TypeAlias = Callable[[Shard, Lease], Awaitable[None]]
"""Work on a shard. Its lease is renewed meanwhile; work of many steps asks between them for it."""


class Rounds:
    """Periodic rounds over the shards that no other process works on."""

    def __init__(
        self, name: str, client: Redis, shards: Mapping[Shard, str], work: Work, *, seconds: float
    ) -> None:
        """Lease each shard by its key, and wait `seconds` between a round's end and the next.

        `name` is what the log calls the work.
        """
        self._name = name
        self._leases = {shard: Lease(client, key, _LEASE_SECONDS) for shard, key in shards.items()}
        self._work = work
        self._steps = Periodic(
            self.round,
            seconds,
            delay=seconds,
            report=lambda error: self._warn("round.failed", error),
            foreseen=(RedisError, StoreUnavailable),
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Go round while the block runs; what is under way at its end is left to the next round."""
        return self._steps.running()

    async def round(self) -> None:
        """Go round once.

        Raises:
            RedisError: the store went away.
            StoreUnavailable: the same, found out inside the work.
        """
        for shard, lease in self._leases.items():
            try:
                if await lease.take():
                    # Two at work would do no harm, only double work.
                    async with lease.renewed(self._warn_of_renewal):
                        await self._work(shard, lease)
            finally:
                # Also where the end of the process came between the taking and its answer.
                await lease.release()

    def _warn_of_renewal(self, error: Exception) -> None:
        self._warn("round.lease_not_renewed", error)

    def _warn(self, event: str, error: Exception) -> None:
        log.warning(event, work=self._name, error=type(error).__name__)
