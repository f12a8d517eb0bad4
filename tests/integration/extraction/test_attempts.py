"""How an attempt lets go of its job."""

import asyncio
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from agent_memory_services.extraction.store.queue import Lease, Leases
from agent_memory_services.extraction.work.meters import METERS
from agent_memory_services.extraction.work.runs import Done, Runs
from agent_memory_services.extraction.work.worker import Attempts, RetryPolicy
from tests.integration.extraction.queue import Queue
from tests.support.sessions import message, submission


class SlowLeases(Leases):
    """Leases on a store whose client takes a cancellation for a timeout, as it can happen."""

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue.store, lease_seconds=30, max_strikes=3, strike_seconds=0)
        self.beating = asyncio.Event()

    async def renew(self, lease: Lease) -> None:  # noqa: ARG002 - it never comes so far
        self.beating.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RedisTimeoutError from None


class Work:
    """Work that is done as soon as the heart has begun to beat."""

    def __init__(self, leases: SlowLeases) -> None:
        self._leases = leases

    async def perform(self, lease: Lease) -> Done:  # noqa: ARG002 - whatever the job says
        await self._leases.beating.wait()
        return Done(["a-memory"])


async def test_a_heartbeat_that_cannot_be_cancelled_ends_with_the_work(redis: Redis) -> None:
    """A job whose work is done is settled, whatever becomes of the beat that was under way."""
    queue = Queue.on(redis)
    leases = SlowLeases(queue)
    await queue.submit(submission(message(1)))
    attempts = Attempts(
        leases,
        cast("Runs", Work(leases)),
        RetryPolicy(),
        METERS,
        heartbeat_seconds=0.01,
        run_seconds=60,
    )
    async with asyncio.timeout(120):
        await attempts.make(await queue.must_claim())
    assert await queue.states() == ["SUCCEEDED"]
