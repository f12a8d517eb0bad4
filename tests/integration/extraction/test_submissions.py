"""Taking messages in."""

import asyncio
import random
from collections.abc import Iterable

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory_services.extraction.domain.failures import WorkersLost
from agent_memory_services.extraction.domain.records import Lane, Session
from agent_memory_services.extraction.queue.submissions import Schedule
from agent_memory_services.extraction.store.queue import Retention, Store
from agent_memory_services.kit.contract.status import status_of
from agent_memory_services.kit.redis.keys import PartitionsMismatchError
from tests.integration.extraction.queue import AT_ONCE, Queue, principal
from tests.support.sessions import message, session, submission


def texts(messages: Iterable[Message]) -> list[str]:
    """What messages say."""
    return [message.content for message in messages]


async def test_messages_wait_in_one_job(queue: Queue) -> None:
    """Submissions of one session gather in one job, in order of sequence."""
    first = await queue.submit(submission(message(1, "one")))
    second = await queue.submit(submission(message(2, "two"), message(3, "three")))
    assert first.job_id == second.job_id
    assert second.received_sequence == 3
    lease = await queue.must_claim()
    assert texts(lease.messages) == ["one", "two", "three"]
    assert (lease.record.job.first_sequence, lease.record.job.last_sequence) == (1, 3)


async def test_a_repeated_message_changes_nothing(queue: Queue) -> None:
    """A message that was received is ignored, while it waits, while it runs and afterwards."""
    await queue.submit(submission(message(1), message(2)))
    await queue.submit(submission(message(2, "altered"), message(1)))
    lease = await queue.must_claim()
    assert texts(lease.messages) == ["I like number 1.", "I like number 2."]
    await queue.submit(submission(message(2)))
    await queue.leases.complete(lease, [])
    receipt = await queue.submit(submission(message(1)))
    assert receipt.job_id == ""
    assert await queue.states() == ["SUCCEEDED"]


async def test_messages_that_come_during_a_run_get_a_successor(queue: Queue) -> None:
    """A running job takes nothing more in; its successor waits until it has ended."""
    await queue.submit(submission(message(1)))
    running = await queue.must_claim()
    receipt = await queue.submit(submission(message(2, "late")))
    assert receipt.job_id != running.job_id
    assert await queue.claim() is None
    await queue.leases.complete(running, [])
    successor = await queue.must_claim()
    assert texts(successor.messages) == ["late"]
    assert texts(successor.before) == ["I like number 1."]


async def test_only_a_few_messages_before_are_kept_for_reference(queue: Queue) -> None:
    """A later run sees the last messages before it, never the whole thread."""
    await queue.submit(submission(*[message(number) for number in range(1, 11)]))
    await queue.leases.complete(await queue.must_claim(), [])
    await queue.submit(submission(message(11)))
    lease = await queue.must_claim()
    assert [before.sequence for before in lease.before] == [8, 9, 10]
    assert [new.sequence for new in lease.messages] == [11]


async def test_due_times_trail_the_last_message_up_to_the_longest_wait(queue: Queue) -> None:
    """Each message moves the due time, but never past the longest wait since the first."""
    schedule = Schedule(debounce_seconds=10, max_wait_seconds=10.05)
    for number in range(1, 4):
        await queue.submit(submission(message(number)), schedule)
        await asyncio.sleep(0.03)
    (job,) = await queue.all_jobs()
    waited = job.due_time.ToMicroseconds() - job.create_time.ToMicroseconds()
    assert 10_030_000 <= waited <= 10_050_000
    assert await queue.claim() is None


async def test_out_of_order_messages_are_all_taken(queue: Queue) -> None:
    """Progress waits for the missing message, the messages themselves do not wait."""
    await queue.submit(submission(message(1)))
    assert (await queue.submit(submission(message(4), message(3)))).received_sequence == 1
    assert (await queue.submit(submission(message(4)))).received_sequence == 1
    assert (await queue.submit(submission(message(2)))).received_sequence == 4
    lease = await queue.must_claim()
    assert [new.sequence for new in lease.messages] == [1, 2, 3, 4]


async def test_racing_writers_lose_and_double_nothing(queue: Queue) -> None:
    """Many overlapping submissions at once leave every message exactly once."""
    batches = [list(range(start, start + 8)) for start in range(1, 60, 4)]
    random.Random(7).shuffle(batches)
    await asyncio.gather(
        *(queue.submit(submission(*map(message, batch))) for batch in [[1], *batches])
    )
    lease = await queue.must_claim()
    assert [new.sequence for new in lease.messages] == list(range(1, 65))
    assert await queue.extracted() == (64, 0)


async def test_given_memories_do_not_wait(queue: Queue) -> None:
    """Structured memories are due at once, beside the messages that wait out the debounce."""
    schedule = Schedule(debounce_seconds=60, max_wait_seconds=60)
    given = Memory(id="x", text="User likes tea")
    await queue.submit(submission(message(1), memories=[given]), schedule)
    lease = await queue.must_claim()
    assert lease.record.lane is Lane.STORE
    assert [memory.text for memory in lease.memories] == ["User likes tea"]
    assert await queue.claim() is None


async def test_indexed_messages_do_not_wait(queue: Queue) -> None:
    """With indexing on, messages are due for storing at once, with the turn before them."""
    schedule = Schedule(debounce_seconds=60, max_wait_seconds=60, index_messages=True)
    await queue.submit(submission(message(1, "one")), schedule)
    await queue.leases.complete(await queue.must_claim(), [])
    await queue.submit(submission(message(2, "two")), schedule)
    lease = await queue.must_claim()
    assert lease.record.lane is Lane.STORE
    assert (texts(lease.before), texts(lease.messages)) == (["one"], ["two"])
    assert await queue.extracted() == (2, 0)


NONE = ExtractionStrategy.EXTRACTION_STRATEGY_NONE
DISCRETE = ExtractionStrategy.EXTRACTION_STRATEGY_DISCRETE


@pytest.mark.parametrize(
    ("setting", "strategy", "switch", "lanes"),
    [
        (True, DISCRETE, None, {Lane.EXTRACT, Lane.STORE}),
        (False, DISCRETE, None, {Lane.EXTRACT}),
        (True, DISCRETE, False, {Lane.EXTRACT}),
        (False, DISCRETE, True, {Lane.EXTRACT, Lane.STORE}),
        (True, NONE, None, set()),
        (True, NONE, False, set()),
        (False, NONE, True, {Lane.STORE}),
    ],
)
async def test_a_sessions_switch_goes_before_the_setting(
    queue: Queue,
    setting: bool,
    strategy: ExtractionStrategy.ValueType,
    switch: bool | None,
    lanes: set[Lane],
) -> None:
    """Where it is not set, the setting decides, but for NONE, which alone means nothing at all."""
    schedule = Schedule(debounce_seconds=0, max_wait_seconds=0, index_messages=setting)
    await queue.submit(submission(message(1), strategy=strategy, index_messages=switch), schedule)
    found = set()
    while lease := await queue.claim():
        found.add(lease.record.lane)
    assert found == lanes


async def test_a_deleted_session_stores_no_message_any_more(queue: Queue) -> None:
    """The jobs that would are told, given up ones too; where none was stored there is no job."""
    await queue.submit(submission(message(1), strategy=NONE, index_messages=True))
    lease = await queue.must_claim()
    assert not lease.record.unindexing
    await queue.leases.give_up(lease, status_of(WorkersLost()), strike=False)
    await queue.submit(submission(message(2), strategy=NONE, index_messages=True))
    await queue.submit(submission(deleted=True))
    (later,) = [await queue.must_claim()]
    assert later.record.unindexing
    await queue.leases.complete(later, [])
    await queue.jobs.retry(principal(), lease.job_id)
    assert (await queue.must_claim()).record.unindexing
    other = session("s2", uid="u2")
    await queue.submit(submission(message(1), strategy=NONE, to=other))
    assert (await queue.submit(submission(deleted=True, to=other))).job_id == ""
    unknown = session("s3", uid="u3")
    await queue.submit(submission(deleted=True, to=unknown))
    assert (await queue.must_claim(unknown)).record.unindexing


async def test_a_session_that_wants_nothing_extracted_moves_on(queue: Queue) -> None:
    """With strategy NONE there is no job, and progress advances."""
    receipt = await queue.submit(submission(message(1), message(2), strategy=NONE))
    assert receipt.job_id == ""
    assert await queue.extracted() == (2, 2)
    await queue.submit(submission(message(3)))
    assert [before.sequence for before in (await queue.must_claim()).before] == [1, 2]


async def test_what_is_withheld_is_not_waited_for(queue: Queue) -> None:
    """Progress passes over messages that never come: before, between and after those that do."""
    await queue.submit(submission(withheld=(1, 3)))
    assert await queue.extracted() == (3, 3)
    await queue.submit(submission(message(4), message(8)))
    assert await queue.extracted() == (4, 3)
    for _ in range(2):
        await queue.submit(submission(withheld=(5, 7)))
    await queue.leases.complete(await queue.must_claim(), [])
    assert await queue.extracted() == (8, 8)
    await queue.submit(submission(withheld=(9, 9)))
    assert await queue.extracted() == (9, 9)


async def test_stretches_that_arrive_early_become_one(queue: Queue) -> None:
    """In any order, touching or overlapping; what was taken in is not taken in again."""
    await queue.submit(submission(message(1)))
    for span in ((7, 8), (3, 4), (12, 5_000), (6, 9), (5, 5)):
        assert (await queue.submit(submission(withheld=span))).received_sequence == 1
    kept = await queue.store.client.zrange((await queue.store.client.keys("*ahead:*"))[0], 0, -1)
    assert sorted(kept) == [b"12:5000", b"3:9"]
    await queue.submit(submission(message(8)))
    await queue.submit(submission(message(11)))
    assert (await queue.submit(submission(message(2)))).received_sequence == 9
    assert (await queue.submit(submission(message(10)))).received_sequence == 5_000
    lease = await queue.must_claim()
    assert [new.sequence for new in lease.messages] == [1, 2, 10, 11]


async def test_a_span_costs_what_is_kept_and_not_how_long_it_is(queue: Queue) -> None:
    """However far a caller counts, one step takes as many commands."""
    calls = []
    for span in ((2, 3), (10**6, 2 * 10**6), (10**9, 2**53 - 1)):
        before = await _commands(queue)
        await queue.submit(submission(withheld=span))
        calls.append(await _commands(queue) - before)
    assert max(calls) - min(calls) <= 3


async def test_what_early_processes_left_ahead_is_caught_up_with(queue: Queue) -> None:
    """They kept every sequence by itself."""
    await queue.submit(submission(message(1)))
    await queue.submit(submission(message(3)))
    (key,) = await queue.store.client.keys("*ahead:*")
    await queue.store.client.zadd(key, {"4": 4, "5": 5})
    assert (await queue.submit(submission(message(2)))).received_sequence == 5


async def test_a_job_that_has_much_takes_no_more(queue: Queue) -> None:
    """What follows goes to another one, so that a long backlog is never read in one step."""
    much = "x" * 250_000
    for start in (1, 11, 21):
        batch = [message(number, much) for number in range(start, start + 10)]
        await queue.submit(submission(*batch))
    first = await queue.must_claim()
    assert [new.sequence for new in first.messages] == list(range(1, 21))
    assert await queue.claim() is None
    await queue.leases.complete(first, [])
    second = await queue.must_claim()
    assert [new.sequence for new in second.messages] == list(range(21, 31))
    await queue.leases.complete(second, [])
    assert await queue.extracted() == (30, 30)


@pytest.mark.parametrize(
    "other",
    [
        session("s1", tenant="other"),
        session("s2"),
        session("s1", uid="u2"),
    ],
)
async def test_sessions_are_strangers(queue: Queue, other: Session) -> None:
    """Equal ids in another tenant, session or incarnation share nothing."""
    await queue.submit(submission(message(1, "ours")))
    await queue.submit(submission(message(1, "theirs"), to=other))
    found = [await queue.must_claim(), await queue.must_claim(other)]
    assert sorted(texts(found[0].messages) + texts(found[1].messages)) == ["ours", "theirs"]


async def test_the_owner_may_become_known_later(queue: Queue) -> None:
    """A session's owner is kept once it is known."""
    await queue.submit(submission(message(1), user_id=""))
    await queue.submit(submission(message(2), user_id="alice"))
    await queue.submit(submission(message(3), user_id=""))
    assert (await queue.must_claim()).record.job.user_id == "alice"


async def test_a_forgotten_session_continues_where_it_is(redis: Redis) -> None:
    """After its retention a session's next message is taken, wherever the log stands."""
    queue = Queue.on(redis, Retention(session_seconds=0.05))
    await queue.submit(submission(message(1), message(2)))
    await queue.leases.complete(await queue.must_claim(), [])
    async with asyncio.timeout(120):
        while await queue.extracted() != (0, 0):
            await asyncio.sleep(0.01)
    assert (await queue.submit(submission(message(3)))).received_sequence == 3
    assert [new.sequence for new in (await queue.must_claim()).messages] == [3]


async def test_unsettled_sessions_are_never_forgotten(redis: Redis) -> None:
    """Nothing of a session with unfinished work has an expiry."""
    queue = Queue.on(redis, Retention(session_seconds=0.05))
    await queue.submit(submission(message(1)), AT_ONCE)
    ttls = [await redis.pttl(key) async for key in redis.scan_iter("am:ex:*")]
    assert set(ttls) == {-1}


async def test_the_number_of_partitions_is_settled_once(redis: Redis) -> None:
    """A process with another number refuses to start, since sessions would move."""
    await Store(redis, 4, Retention()).open()
    await Store(redis, 4, Retention()).open()
    with pytest.raises(PartitionsMismatchError, match="PARTITIONS=4"):
        await Store(redis, 8, Retention()).open()


async def _commands(queue: Queue) -> int:
    """How many commands the store has run, those of scripts among them."""
    stats = await queue.store.client.info("commandstats")
    return sum(stat["calls"] for stat in stats.values())
