"""Counts by minutes and hours, in the store."""

import pytest
from google.rpc.status_pb2 import Status
from redis.asyncio import Redis

from agent_memory_services.extraction.store.statistics import JobFigures, Unit, UsageBook, survey
from agent_memory_services.shared.model_api.failures import Usage
from tests.integration.extraction.queue import Queue
from tests.support.raw import raw
from tests.support.sessions import message, submission

KEPT = {Unit.MINUTE: 60, Unit.HOUR: 168}


@pytest.mark.parametrize("unit", Unit)
async def test_figures_of_an_earlier_round_are_neither_told_nor_added_to(
    redis: Redis, unit: Unit
) -> None:
    """A ring takes the same room however long a tenant is at work, and goes when it ends."""
    book, key = UsageBook(redis), "am:ex:usage:a"
    seconds = {Unit.MINUTE: 60, Unit.HOUR: 3600}[unit]
    now = (await redis.time())[0] // seconds
    old = {period % KEPT[unit]: period for period in range(now - 2 * KEPT[unit], now - KEPT[unit])}
    await redis.hset(
        key, mapping={f"{unit}{place}:gpt": f"{period} 5 5 5 5 0" for place, period in old.items()}
    )
    assert len(old) == KEPT[unit]
    assert await book.read("a", unit) == {}
    await book.took("a", "gpt", Usage(70, 30))
    await book.took("a", "gpt", Usage(7, 3))
    await book.refused("a", "gpt")
    found = [each["gpt"] for each in (await book.read("a", unit)).values()]
    assert tuple(map(sum, zip(*found, strict=True))) == (2, 77, 33, 1)
    fields = [name for name in await raw(redis).hkeys(key) if name.startswith(unit.encode())]
    assert len(fields) == KEPT[unit]
    assert 0 < await redis.ttl(key) <= 7 * 86_400


async def test_every_way_in_which_a_job_ends_is_counted(queue: Queue) -> None:
    """A failed attempt is made again, or is the end; what waits is told beside it."""
    for number in (1, 2):
        await queue.submit(submission(message(number)))
        await queue.leases.retry_later(
            await queue.must_claim(), Status(), delay_seconds=0, strike=False
        )
        await queue.leases.give_up(await queue.must_claim(), Status(), strike=True)
    await queue.submit(submission(message(3)))
    await queue.leases.complete(await queue.must_claim(), [])
    await queue.submit(submission(message(4)))
    found = await survey(queue.store, "default", Unit.MINUTE)
    figures = JobFigures()
    for each in found.jobs.values():
        figures = figures.with_those(each)
    assert figures[:5] == (1, 2, 0, 2, 1)
    assert figures.lag == figures.longest >= 0
    assert (found.pending, found.running, found.failed) == (1, 0, 2)
    assert found.oldest_due_micros >= 0
