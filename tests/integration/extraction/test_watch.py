"""Watching jobs, over the queue alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from google.rpc.status_pb2 import Status
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import JobState
from agent_memory_services.extraction.queue.watch import Change, JobWatch, JobWatchUpdate, Watched
from agent_memory_services.extraction.store.queue import Retention
from agent_memory_services.kit.contract.errors import InvalidToken, ShuttingDown
from agent_memory_services.kit.redis.feed.feed import Feed
from tests.integration.extraction.queue import Queue, principal
from tests.support.sessions import message, session, submission

ONE = Watched(principal(), session().thread)
ALL = Watched(principal(), None)


@pytest.fixture
async def feed(queue: Queue) -> AsyncIterator[Feed[Change]]:
    """A feed of the queue's changes."""
    feed = Feed(queue.store.client, Change.read)
    yield feed
    await feed.aclose()


def watch_on(queue: Queue, feed: Feed[Change], *, checkpoint_seconds: float = 30) -> JobWatch:
    """A watch that is silent while nothing happens."""
    return JobWatch(
        queue.jobs,
        queue.progress,
        feed,
        partitions=4,
        checkpoint_seconds=checkpoint_seconds,
    )


async def next_of(sightings: AsyncIterator[JobWatchUpdate]) -> JobWatchUpdate:
    """The next sighting, which must come soon."""
    async with asyncio.timeout(120):
        return await anext(sightings)


async def until(
    sightings: AsyncIterator[JobWatchUpdate], state: JobState.ValueType
) -> JobWatchUpdate:
    """The first sighting of a job in a state."""
    while True:
        sighting = await next_of(sightings)
        if sighting.job is not None and sighting.job.state == state:
            return sighting


async def exhaust(sightings: AsyncIterator[JobWatchUpdate]) -> None:
    """Watch until it ends, which must be soon."""
    async with asyncio.timeout(120):
        async for _ in sightings:
            pass


async def test_a_session_is_followed_to_the_end_of_its_extraction(
    queue: Queue, feed: Feed[Change]
) -> None:
    """First where it stands, then each change, with the progress that a client waits for."""
    await queue.submit(submission(message(1)))
    async with aclosing(watch_on(queue, feed).follow(ONE, "")) as sightings:
        first = await next_of(sightings)
        assert first.job is not None
        assert first.job.state == JobState.JOB_STATE_PENDING
        assert first.progress is not None
        assert (first.progress.received_sequence, first.progress.extracted_sequence) == (1, 0)
        lease = await queue.must_claim()
        await until(sightings, JobState.JOB_STATE_RUNNING)
        await queue.leases.complete(lease, ["x"])
        done = await until(sightings, JobState.JOB_STATE_SUCCEEDED)
    assert done.progress is not None
    assert done.progress.extracted_sequence == 1
    assert done.progress.session_uid == "u1"


async def test_a_session_without_news_tells_its_progress(queue: Queue, feed: Feed[Change]) -> None:
    """A session never heard of stands at zero; one that is settled says so, job or no job."""
    async with aclosing(watch_on(queue, feed).follow(ONE, "")) as sightings:
        first = await next_of(sightings)
        assert first.job is None
        assert first.progress is not None
        assert first.progress.received_sequence == 0
        await queue.submit(
            submission(message(1), strategy=ExtractionStrategy.EXTRACTION_STRATEGY_NONE)
        )
        second = await next_of(sightings)
        assert second.job is None
        assert second.progress is not None
        assert second.progress.extracted_sequence == 1


async def test_a_failed_job_is_among_the_first_told(queue: Queue, feed: Feed[Change]) -> None:
    """Who waits for a session learns at once that a job of it was given up."""
    await queue.submit(submission(message(1)))
    await queue.leases.give_up(await queue.must_claim(), Status(), strike=True)
    async with aclosing(watch_on(queue, feed).follow(ONE, "")) as sightings:
        assert (await until(sightings, JobState.JOB_STATE_FAILED)).job is not None


async def test_a_tenant_is_followed_over_all_partitions(queue: Queue, feed: Feed[Change]) -> None:
    """What is under way comes first, then what changes, of this tenant and no other."""
    for number in range(5):
        await queue.submit(submission(message(1), to=session(f"s{number}", uid=f"u{number}")))
    async with aclosing(watch_on(queue, feed).follow(ALL, "")) as sightings:
        first = [await next_of(sightings) for _ in range(5)]
        assert {s.job.session.session_id for s in first if s.job} == {f"s{n}" for n in range(5)}
        assert (await next_of(sightings)).job is None
        await queue.submit(submission(message(1), to=session("s9", tenant="other", uid="u9")))
        await queue.submit(submission(message(1), to=session("s8", uid="u8")))
        news = await next_of(sightings)
        assert news.job is not None
        assert news.job.session.session_id == "s8"


async def test_a_watcher_continues_after_its_token(queue: Queue, feed: Feed[Change]) -> None:
    """Nothing that happened in between is missed, and nothing before is told again."""
    watch = watch_on(queue, feed)
    await queue.submit(submission(message(1)))
    async with aclosing(watch.follow(ALL, "")) as sightings:
        token = (await next_of(sightings)).token
    lease = await queue.must_claim()
    await queue.leases.complete(lease, [])
    await queue.submit(submission(message(1), to=session("s2", uid="u2")))
    async with aclosing(watch.follow(ALL, token)) as sightings:
        seen = [await next_of(sightings) for _ in range(2)]
    assert {(s.job.session.session_id, s.job.state) for s in seen if s.job} == {
        ("s1", JobState.JOB_STATE_SUCCEEDED),
        ("s2", JobState.JOB_STATE_PENDING),
    }


async def test_a_watcher_that_was_away_too_long_starts_afresh(redis: Redis) -> None:
    """When changes since its token are forgotten, it is told where everything stands."""
    queue = Queue.on(redis, Retention(changes=1))
    feed = Feed(queue.store.client, Change.read)
    watch = watch_on(queue, feed)
    await queue.submit(submission(message(1)))
    async with aclosing(watch.follow(ONE, "")) as sightings:
        token = (await next_of(sightings)).token
    for number in range(2, 400):
        await queue.submit(submission(message(number)))
    async with aclosing(watch.follow(ONE, token)) as sightings:
        told = await next_of(sightings)
    assert told.job is not None
    assert told.job.last_sequence == 399
    await feed.aclose()


async def test_silence_is_broken_by_checkpoints(queue: Queue, feed: Feed[Change]) -> None:
    """A watcher of one session hears its progress now and then, though nothing happens."""
    watch = watch_on(queue, feed, checkpoint_seconds=0.02)
    async with aclosing(watch.follow(ONE, "")) as sightings:
        heard = [await next_of(sightings) for _ in range(3)]
    assert all(sighting.job is None and sighting.progress is not None for sighting in heard)


@pytest.mark.parametrize("watched", [ONE, ALL])
async def test_a_watcher_of_what_is_quiet_hears_at_once(
    queue: Queue, feed: Feed[Change], watched: Watched
) -> None:
    """Anew and after a token, long before a checkpoint is due for silence."""
    watch, token = watch_on(queue, feed, checkpoint_seconds=3600), ""
    for _ in range(2):
        async with aclosing(watch.follow(watched, token)) as sightings:
            first = await next_of(sightings)
        assert first.job is None
        assert (first.progress is None) is (watched is ALL)
        token = first.token


async def test_a_token_of_another_watch_is_refused(queue: Queue, feed: Feed[Change]) -> None:
    """A token continues what it came from and nothing else."""
    watch = watch_on(queue, feed)
    async with aclosing(watch.follow(ONE, "")) as sightings:
        token = (await next_of(sightings)).token
    for watched, wrong in ((ALL, token), (ONE, token[:-2]), (ONE, "rubbish")):
        with pytest.raises(InvalidToken):
            await anext(watch.follow(watched, wrong))


async def test_a_limited_watcher_learns_nothing_of_others(queue: Queue, feed: Feed[Change]) -> None:
    """A credential for another user sees neither the jobs nor how far the session is."""
    await queue.submit(submission(message(1), user_id="alice"))
    bob = Watched(principal(users=frozenset({"bob"})), session().thread)
    async with aclosing(watch_on(queue, feed).follow(bob, "")) as sightings:
        first = await next_of(sightings)
    assert first.job is None
    assert first.progress is None


async def test_many_watchers_share_one_reader(
    queue: Queue, feed: Feed[Change], redis: Redis
) -> None:
    """Watchers of one partition cost the store one connection, and none when they are gone."""
    watch = watch_on(queue, feed)
    watchers = [watch.follow(ONE, "") for _ in range(10)]
    for sightings in watchers:
        await next_of(sightings)
    await queue.submit(submission(message(1)))
    for sightings in watchers:
        assert (await next_of(sightings)).job is not None
    readers = [c for c in await redis.client_list() if c["cmd"] == "xread"]
    assert len(readers) == 1
    for sightings in watchers:
        await sightings.aclose()
    assert feed._readers == {}


async def test_watchers_learn_that_the_process_ends(queue: Queue, feed: Feed[Change]) -> None:
    """A closing feed ends its watchers with a reason to come back elsewhere."""
    sightings = watch_on(queue, feed).follow(ONE, "")
    await next_of(sightings)
    watching = asyncio.create_task(exhaust(sightings))
    await asyncio.sleep(0)
    await feed.aclose()
    with pytest.raises(ShuttingDown):
        await watching


async def test_a_store_that_goes_away_ends_watchers_with_an_error(
    queue: Queue, feed: Feed[Change], redis: Redis
) -> None:
    """A watcher is told about a fault instead of hearing nothing for ever."""
    sightings = watch_on(queue, feed).follow(ONE, "")
    await next_of(sightings)
    async with asyncio.timeout(120):
        while not (reading := [c for c in await redis.client_list() if c["cmd"] == "xread"]):
            await asyncio.sleep(0.01)
    await redis.client_kill_filter(_id=reading[0]["id"])
    with pytest.raises(RedisError):
        await exhaust(sightings)
