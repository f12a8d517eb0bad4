"""Summaries, between a real store and a real service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import ToolCall
from agent_memory_services.kit.client.channels import open_channel
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.contract.errors import Overloaded, StoreUnavailable
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.working_memory.domain.session import (
    ANYBODY,
    SequenceRange,
    Session,
    SessionKey,
)
from agent_memory_services.working_memory.domain.windows import SUMMARIZATION_THRESHOLD, Trigger
from agent_memory_services.working_memory.sessions.sessions import Revision, Sessions
from agent_memory_services.working_memory.store.neighbours import ExtractionSummarizer
from agent_memory_services.working_memory.store.sessions import SessionStore
from agent_memory_services.working_memory.store.summaries import SummaryQueue, SummaryRecorder
from agent_memory_services.working_memory.summaries.worker import Effort, SummaryWorker
from agent_memory_services.working_memory.summaries.writer import SummaryWriter
from tests.integration.working_memory.speech import (
    ALL,
    PARTITIONS,
    contents,
    nobody,
    said,
    submitted,
    wanted,
)
from tests.support.neighbours import ListExtraction, serving_extraction
from tests.support.settings import configured
from tests.support.waiting import eventually

WINDOW = 100
TRIGGER = Trigger(SUMMARIZATION_THRESHOLD, WINDOW)
KEY = SessionKey("acme", "chat", "s1")
TWELVE = [f"fact {number} of twelve" for number in range(12)]


@pytest.fixture
def extraction() -> ListExtraction:
    """Writes the summaries."""
    return ListExtraction()


@pytest.fixture
async def summarizer(
    extraction: ListExtraction, redis_url: str
) -> AsyncIterator[ExtractionSummarizer]:
    """It, behind a real connection."""
    settings = configured(ProcessSettings, redis_url=redis_url, metrics_listen="")
    async with (
        serving_extraction(extraction, settings) as served,
        open_channel(served.address) as channel,
    ):
        yield ExtractionSummarizer(channel)


@pytest.fixture
def store(redis: Redis) -> SessionStore:
    """A store that puts sessions down for a summary."""
    return SessionStore(redis, PARTITIONS, TRIGGER)


class Worker(SummaryWorker):
    """A worker that retries soon."""

    def __init__(self, redis: Redis, summarizer: ExtractionSummarizer, lease: float = 30.0) -> None:
        store = SessionStore(redis, PARTITIONS, TRIGGER)
        recorder = SummaryRecorder(redis, PARTITIONS, TRIGGER)
        super().__init__(
            SummaryQueue(redis, PARTITIONS, Backoff(0.01, 0.1), lease_seconds=lease),
            SummaryWriter(store, recorder, summarizer, TRIGGER),
            Effort(poll=0.02, attempt=20.0, concurrency=4),
        )


async def read(sessions: Sessions, key: SessionKey = KEY) -> Session:
    """A session."""
    return await sessions.get(key, ANYBODY, ALL)


async def say(sessions: Sessions, *texts: str, key: SessionKey = KEY) -> None:
    """Append messages in one call."""
    await sessions.append(key, [said(text) for text in texts], ANYBODY, etag="", request_id="")


async def waiting(redis: Redis) -> int:
    """How many sessions wait for a summary, those under way included."""
    keys = [f"am:wm:{{p{partition:02d}}}:summaries" for partition in range(PARTITIONS)]
    return sum([await redis.zcard(key) for key in keys])


@asynccontextmanager
async def settled(redis: Redis) -> AsyncIterator[None]:
    """Leaves the block when nobody waits any more."""
    yield
    async with asyncio.timeout(120):
        while await waiting(redis):
            await asyncio.sleep(0.01)


async def test_what_leaves_the_view_is_in_the_summary(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """In order, with its range; the latest stay, and every message reaches extraction."""
    await sessions.set(KEY, *wanted(*map(said, TWELVE)), etag="", request_id="")
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    session = await read(sessions)
    kept = contents(session)
    assert kept == TWELVE[-len(kept) :]
    assert 0 < session.tokens <= 0.4 * WINDOW
    covered = 12 - len(kept)
    assert session.state.context == " ".join(TWELVE[:covered])
    assert session.state.context_range == SequenceRange(1, covered)
    ((tenant, request),) = extraction.summarized
    assert tenant == "acme"
    assert [message.sequence for message in request.messages] == list(range(1, covered + 1))
    assert await submitted(redis) == list(enumerate(TWELVE, 1))


async def test_the_next_summary_continues_the_last(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer
) -> None:
    """Its range begins where the first one's did, and the log keeps everything."""
    texts = [f"message {number} says something" for number in range(60)]
    async with Worker(redis, summarizer).running(), settled(redis):
        for text in texts:
            await say(sessions, text)
    session = await read(sessions)
    kept = contents(session)
    assert session.state.context.split() + " ".join(kept).split() == " ".join(texts).split()
    assert session.state.context_range == SequenceRange(1, 60 - len(kept))
    assert session.last_sequence == 60


async def test_a_callers_own_context_is_continued(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer
) -> None:
    """It is the previous summary, and covers nothing of the log by itself."""
    state = wanted(*map(said, TWELVE), context="Alice plans a trip.")
    await sessions.set(KEY, *state, etag="", request_id="")
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    session = await read(sessions)
    assert session.state.context.startswith("Alice plans a trip. fact 0 of twelve")
    assert session.state.context_range == SequenceRange(1, 12 - session.view_size)


async def test_a_session_written_while_it_is_summarized_loses_nothing(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """Appends neither wait for the summary nor disturb it, and stay in view."""
    extraction.may_summarize.clear()
    await say(sessions, *TWELVE)
    async with Worker(redis, summarizer).running(), settled(redis):
        await eventually(lambda: len(extraction.summarized) == 1)
        await say(sessions, "one more")
        assert contents(await read(sessions)) == [*TWELVE, "one more"]
        extraction.may_summarize.set()
    session = await read(sessions)
    assert contents(session)[-1] == "one more"
    told = session.state.context.split() + " ".join(contents(session)).split()
    assert told == " ".join([*TWELVE, "one more"]).split()
    assert len(extraction.summarized) == 1


async def test_a_set_meanwhile_wins(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """The summary of a view that is gone is thrown away; nothing of that view comes back."""
    extraction.may_summarize.clear()
    await say(sessions, *TWELVE)
    async with Worker(redis, summarizer).running(), settled(redis):
        await eventually(lambda: len(extraction.summarized) == 1)
        await sessions.set(KEY, *wanted(said("fresh start")), etag="", request_id="")
        extraction.may_summarize.set()
    session = await read(sessions)
    assert (contents(session), session.state.context) == (["fresh start"], "")
    assert session.state.context_range is None


async def test_a_context_set_meanwhile_is_continued(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """The summary that did not know it is made again."""
    extraction.may_summarize.clear()
    await say(sessions, *TWELVE)
    async with Worker(redis, summarizer).running(), settled(redis):
        await eventually(lambda: len(extraction.summarized) == 1)
        await sessions.update(
            KEY,
            lambda session: Revision("", session.state.with_context("My own words.")),
            ANYBODY,
            etag="",
        )
        extraction.may_summarize.set()
    session = await read(sessions)
    assert session.state.context.startswith("My own words. fact 0")


async def test_a_deleted_session_stays_deleted(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """Even where another one of its name exists when the summary arrives."""
    extraction.may_summarize.clear()
    await say(sessions, *TWELVE)
    async with Worker(redis, summarizer).running(), settled(redis):
        await eventually(lambda: len(extraction.summarized) == 1)
        await sessions.delete(KEY, ANYBODY, etag="")
        await say(sessions, *TWELVE[:2])
        extraction.may_summarize.set()
    session = await read(sessions)
    assert (contents(session), session.state.context) == (TWELVE[:2], "")


@pytest.mark.parametrize("useless", ["", " \n", "NONE", "none", "x" * 65_537])
async def test_a_useless_answer_changes_nothing_and_is_asked_for_again(
    sessions: Sessions,
    redis: Redis,
    summarizer: ExtractionSummarizer,
    extraction: ListExtraction,
    useless: str,
) -> None:
    """The view and the summary before stay until there is a better one."""
    extraction.summarize = lambda _: useless
    await sessions.set(KEY, *wanted(*map(said, TWELVE), context="Before."), etag="", request_id="")
    async with Worker(redis, summarizer).running(), settled(redis):
        await eventually(lambda: len(extraction.summarized) >= 3)
        session = await read(sessions)
        assert (contents(session), session.state.context) == (TWELVE, "Before.")
        extraction.summarize = lambda _: "Better."
    assert (await read(sessions)).state.context == "Better."


async def test_failures_are_retried(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """Whatever goes wrong over there."""
    extraction.summary_faults.extend([Overloaded(0.01), RuntimeError("x"), StoreUnavailable(0.01)])
    await say(sessions, *TWELVE)
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    assert not extraction.summary_faults
    assert (await read(sessions)).state.context.startswith("fact 0 of twelve fact 1")


async def test_a_service_that_is_away_fails_no_write(
    sessions: Sessions, redis: Redis, extraction: ListExtraction, redis_url: str
) -> None:
    """Sessions wait, durably, and a worker that starts later finds them."""
    settings = configured(ProcessSettings, redis_url=redis_url, metrics_listen="")
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serving_extraction(extraction, settings))
        address = served.address
    async with (
        open_channel(address) as channel,
        Worker(redis, ExtractionSummarizer(channel)).running(),
    ):
        await say(sessions, *TWELVE)
        async with asyncio.timeout(120):
            while not await redis.keys("am:wm:*:summaries:failed"):
                await asyncio.sleep(0.01)
        await say(sessions, "still writing")
    assert contents(await read(sessions)) == [*TWELVE, "still writing"]
    assert await waiting(redis) == 1
    async with (
        serving_extraction(extraction, settings) as served,
        open_channel(served.address) as channel,
        Worker(redis, ExtractionSummarizer(channel)).running(),
        settled(redis),
    ):
        pass
    assert (await read(sessions)).state.context.startswith("fact 0")


async def test_workers_do_no_double_work(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """Each session is summarized once, however many look."""
    keys = [SessionKey("acme", "chat", f"s{number}") for number in range(20)]
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(Worker(redis, summarizer).running())
        async with settled(redis):
            await asyncio.gather(*(say(sessions, *TWELVE, key=key) for key in keys))
    assert len(extraction.summarized) == len(keys)


async def test_a_worker_that_stops_hands_its_sessions_back(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """The next one does not wait for the end of a lease."""
    extraction.may_summarize.clear()
    await say(sessions, *TWELVE)
    async with Worker(redis, summarizer).running():
        await eventually(lambda: len(extraction.summarized) == 1)
    extraction.may_summarize.set()
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    assert (await read(sessions)).state.context


async def test_a_session_of_a_dead_worker_is_taken_when_its_lease_ends(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer
) -> None:
    """Nobody has to notice that it died."""
    await say(sessions, *TWELVE)
    queue = SummaryQueue(redis, PARTITIONS, Backoff(1, 1), lease_seconds=3.0)
    (partition,) = await queue.due()
    assert (claim := await queue.claim(partition))
    assert claim.key == KEY
    assert await queue.claim(partition) is None
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    assert (await read(sessions)).state.context


async def test_a_call_and_its_answer_leave_together(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer
) -> None:
    """However the window would cut."""
    calls = [ToolCall(id="c1", name="look", arguments="{}")]
    turns = [
        *map(said, TWELVE[:8]),
        said("", "assistant", tool_calls=calls),
        said("a long answer " * 6, "tool", tool_call_id="c1"),
        said("so it is", "assistant"),
    ]
    await sessions.append(KEY, turns, ANYBODY, etag="", request_id="")
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    roles = [item.message.role for item in (await read(sessions)).shown]
    assert roles in (["assistant"], ["assistant", "tool", "assistant"])


async def test_the_window_of_the_last_write_is_remembered(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer
) -> None:
    """A session without one is measured by the default; a large one is left alone."""
    await sessions.append(
        KEY, list(map(said, TWELVE)), ANYBODY, etag="", request_id="", window=100_000
    )
    await say(sessions, "later, without a word of windows")
    assert await waiting(redis) == 0
    await sessions.append(KEY, [said("small")], ANYBODY, etag="", request_id="", window=60)
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    assert (await read(sessions)).tokens <= 24


async def test_without_a_trigger_no_session_ever_waits(redis: Redis) -> None:
    """Summaries can be switched off."""
    sessions = Sessions(SessionStore(redis, PARTITIONS), lambda _: None, nobody)
    await say(sessions, *TWELVE)
    assert await waiting(redis) == 0


async def test_a_summary_is_no_write_of_a_caller(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer
) -> None:
    """Its etag is new, its time to live and the time of its last write are not."""
    state = wanted(*map(said, TWELVE), ttl=3_600_000_000)
    await sessions.set(KEY, *state, etag="", request_id="")
    before = await read(sessions)
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    after = await read(sessions)
    assert (after.updated, after.expires) == (before.updated, before.expires)
    assert after.etag != before.etag
    for key in await redis.keys("am:wm:*:s:*"):
        assert await redis.pttl(key) > 0


async def test_one_message_that_fills_the_window_stays(
    sessions: Sessions, redis: Redis, summarizer: ExtractionSummarizer, extraction: ListExtraction
) -> None:
    """There is nothing to summarize, and nobody tries for ever."""
    await say(sessions, "word " * 200)
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    assert extraction.summarized == []
    await say(sessions, "and a word after it")
    async with Worker(redis, summarizer).running(), settled(redis):
        pass
    assert contents(await read(sessions)) == ["and a word after it"]
