"""Traces go on in what a write leaves for later."""

from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.observe.tracing.spans import continued, traced_by
from agent_memory_services.working_memory.domain.session import ANYBODY, SessionKey
from agent_memory_services.working_memory.domain.windows import Trigger
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.store.outbox import Outbox, OutboxEntry
from agent_memory_services.working_memory.store.sessions import SessionStore
from agent_memory_services.working_memory.store.summaries import Claim, SummaryQueue
from tests.integration.working_memory.speech import PARTITIONS, nobody, said
from tests.support.raw import raw
from tests.support.traced import Traced

TINY = Trigger(0.7, 20)


@pytest.fixture
def sessions(redis: Redis, grown: list[int]) -> Sessions:
    """Sessions that soon need a summary."""
    return Sessions(SessionStore(redis, PARTITIONS, TINY), grown.append, nobody)


@pytest.fixture
def turn() -> Iterator[str]:
    """The trace of a call that is traced while the test runs."""
    with traced_by(Traced().tracer), continued("turn", []) as span:
        yield f"{span.get_span_context().trace_id:032x}"


async def _say(sessions: Sessions, key: SessionKey, text: str) -> None:
    await sessions.append(key, [said(text)], ANYBODY, etag="", request_id="")


async def _outbox(redis: Redis, grown: list[int]) -> list[OutboxEntry]:
    return list(await Outbox(redis).read(grown[0], 10))


async def _claim(redis: Redis, partition: int) -> Claim:
    queue = SummaryQueue(redis, PARTITIONS, Backoff(1, 1), lease_seconds=30)
    claim = await queue.claim(partition)
    assert claim is not None
    return claim


async def test_an_entry_of_the_outbox_names_the_call_that_left_it(
    sessions: Sessions, redis: Redis, key: SessionKey, grown: list[int], turn: str
) -> None:
    """So that its delivery is a part of that call's trace."""
    await _say(sessions, key, "hello")
    (entry,) = await _outbox(redis, grown)
    assert entry.trace.split("-")[1] == turn


async def test_an_entry_without_a_trace_is_read_as_ever(
    sessions: Sessions, redis: Redis, key: SessionKey, grown: list[int]
) -> None:
    """One that was left while traces were off, or before there were any."""
    await _say(sessions, key, "hello")
    (entry,) = await _outbox(redis, grown)
    assert entry.trace == ""
    stored = await raw(redis).xrange(f"am:wm:{{p{grown[0]:02d}}}:outbox")
    assert set(stored[0][1]) == {b"tenant", b"request"}


async def test_a_summary_belongs_to_the_write_that_made_it_necessary(
    sessions: Sessions, redis: Redis, key: SessionKey, grown: list[int], turn: str
) -> None:
    """Until it is done; nothing is left behind."""
    await _say(sessions, key, "far too long for such a window " * 10)
    claim = await _claim(redis, grown[0])
    assert claim.trace.split("-")[1] == turn
    (kept,) = [found async for found in redis.scan_iter("am:wm:*:summaries:traces")]
    await sessions.delete(key, ANYBODY, etag="")
    assert not await redis.exists(kept)


async def test_a_summary_of_a_write_without_a_trace_is_made_as_ever(
    sessions: Sessions, redis: Redis, key: SessionKey, grown: list[int]
) -> None:
    """It begins one of its own, where traces are on."""
    await _say(sessions, key, "far too long for such a window " * 10)
    claim = await _claim(redis, grown[0])
    assert claim.trace == ""
