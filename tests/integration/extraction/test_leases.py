"""Holding jobs and letting go of them."""

import asyncio

import pytest
from google.rpc.status_pb2 import Status
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.extraction.domain.failures import LeaseLost
from agent_memory_services.extraction.store.queue import Retention
from tests.integration.extraction.queue import LOST, Queue, principal
from tests.support.sessions import message, session, submission

ERROR = Status(code=14, message="away")


async def test_a_job_is_leased_once(queue: Queue) -> None:
    """Of many workers that ask at once, one gets the job."""
    await queue.submit(submission(message(1)))
    leases = await asyncio.gather(*(queue.claim() for _ in range(20)))
    assert sum(lease is not None for lease in leases) == 1
    assert await queue.states() == ["RUNNING"]


async def test_progress_advances_when_results_are_stored_and_not_before(queue: Queue) -> None:
    """Messages count as extracted once their job is settled."""
    await queue.submit(submission(message(1), message(2)))
    lease = await queue.must_claim()
    assert await queue.extracted() == (2, 0)
    await queue.leases.complete(lease, ["a", "b"])
    assert await queue.extracted() == (2, 2)
    (job,) = await queue.all_jobs()
    assert list(job.memory_ids) == ["a", "b"]
    assert job.HasField("end_time")


async def test_a_settled_job_leaves_no_message_behind(queue: Queue, redis: Redis) -> None:
    """Messages of a settled job are gone, but for the few kept for reference."""
    await queue.submit(submission(message(1)))
    lease = await queue.must_claim()
    await queue.leases.keep(lease, "0-1", [Memory(text="x")])
    await queue.leases.complete(lease, [])
    families = {key.split(b":")[3] async for key in redis.scan_iter("am:ex:*")}
    assert families.isdisjoint({b"messages", b"before", b"memories", b"results", b"open"})
    assert await redis.zcard(f"am:ex:{{p0{lease.partition}}}:recent:{session().key}") == 1


async def test_a_lease_that_ran_out_is_taken_over(redis: Redis) -> None:
    """When a worker shows no life, another one gets the job, and the first cannot settle it."""
    await Queue.on(redis).submit(submission(message(1)))
    dead = await Queue.on(redis, lease_seconds=0.05).must_claim()
    await asyncio.sleep(0.06)
    queue = Queue.on(redis)
    assert await queue.poll() == ["default"]
    alive = await queue.must_claim()
    assert (alive.job_id, alive.record.job.attempt) == (dead.job_id, 2)
    for step in (
        queue.leases.renew(dead),
        queue.leases.keep(dead, "0-1", []),
        queue.leases.complete(dead, ["wrong"]),
        queue.leases.give_up(dead, ERROR, strike=True),
        queue.leases.hand_back(dead),
    ):
        with pytest.raises(LeaseLost):
            await step
    await queue.leases.complete(alive, ["right"])
    assert [list(job.memory_ids) for job in await queue.all_jobs()] == [["right"]]


async def test_a_renewed_lease_holds(redis: Redis) -> None:
    """A worker that shows life keeps its job beyond the first term."""
    short = Queue.on(redis, lease_seconds=0.01)
    await short.submit(submission(message(1)))
    lease = await short.must_claim()
    queue = Queue.on(redis, lease_seconds=600)
    await queue.leases.renew(lease)
    await asyncio.sleep(0.02)
    assert await queue.poll() == []
    await queue.leases.complete(lease, [])


async def test_a_job_that_kills_its_workers_is_given_up(redis: Redis) -> None:
    """After the last lost lease a job fails with a reason instead of killing another worker."""
    queue = Queue.on(redis, lease_seconds=0.01)
    await queue.submit(submission(message(1)))
    for _ in range(3):
        await queue.must_claim()
        await asyncio.sleep(0.02)
        await queue.poll()
    (job,) = await queue.all_jobs()
    assert await queue.states() == ["FAILED"]
    assert job.error == LOST


async def test_what_was_found_is_kept_for_the_next_attempt(queue: Queue) -> None:
    """The next holder gets the same results, so that it stores the same memories."""
    await queue.submit(submission(message(1)))
    lease = await queue.must_claim()
    found = [Memory(id="a", text="one"), Memory(id="b", text="two")]
    await queue.leases.keep(lease, "0-1", found)
    await queue.leases.keep(lease, "1-2", [])
    await queue.leases.retry_later(lease, ERROR, delay_seconds=0, strike=False)
    assert (await queue.must_claim()).results == {"0-1": found, "1-2": []}


async def test_a_failed_attempt_waits_and_remembers(queue: Queue) -> None:
    """A job that failed for now is pending with its error, and counts failures and strikes."""
    await queue.submit(submission(message(1)))
    await queue.leases.retry_later(await queue.must_claim(), ERROR, delay_seconds=0, strike=False)
    await asyncio.sleep(0.01)
    again = await queue.must_claim()
    assert (again.record.failures, again.record.strikes) == (1, 0)
    assert 0 < again.record.failing_seconds < 60
    await queue.leases.retry_later(again, ERROR, delay_seconds=60, strike=True)
    assert await queue.claim() is None
    (job,) = await queue.all_jobs()
    assert await queue.states() == ["PENDING"]
    assert (job.error, job.attempt) == (ERROR, 2)


async def test_a_waiting_retry_holds_its_session_back(queue: Queue) -> None:
    """Later messages of a session wait for the earlier ones, in order."""
    await queue.submit(submission(message(1)))
    lease = await queue.must_claim()
    await queue.leases.retry_later(lease, ERROR, delay_seconds=600, strike=False)
    await queue.submit(submission(message(2)))
    assert await queue.claim() is None


async def test_a_retry_comes_before_later_messages_of_its_session(queue: Queue) -> None:
    """They have a job of their own, which is done when the retry is."""
    await queue.submit(submission(message(1)))
    lease = await queue.must_claim()
    await queue.submit(submission(message(2)))
    await queue.leases.retry_later(lease, ERROR, delay_seconds=0, strike=False)
    again = await queue.must_claim()
    assert [new.sequence for new in again.messages] == [1]
    assert await queue.claim() is None
    await queue.leases.complete(again, [])
    assert [new.sequence for new in (await queue.must_claim()).messages] == [2]


async def test_a_job_given_up_keeps_its_messages_and_lets_others_pass(queue: Queue) -> None:
    """A failed job holds progress back but not the session's next messages."""
    await queue.submit(submission(message(1)))
    await queue.leases.give_up(await queue.must_claim(), ERROR, strike=True)
    await queue.submit(submission(message(2)))
    await queue.leases.complete(await queue.must_claim(), [])
    assert await queue.extracted() == (2, 0)
    failed = (await queue.all_jobs())[-1]
    await queue.jobs.retry(principal(), failed.id)
    again = await queue.must_claim()
    assert [new.sequence for new in again.messages] == [1]
    assert (again.record.failures, again.record.strikes) == (0, 0)
    await queue.leases.complete(again, [])
    assert await queue.extracted() == (2, 2)


async def test_a_job_handed_back_is_as_if_never_taken(queue: Queue) -> None:
    """A drained worker's job is due at once, for no cost."""
    await queue.submit(submission(message(1)))
    await queue.leases.hand_back(await queue.must_claim())
    again = await queue.must_claim()
    assert again.record.job.attempt == 1
    assert again.record.failures == 0


async def test_finished_jobs_are_forgotten_after_their_retention(redis: Redis) -> None:
    """A finished job disappears from every list; one that failed stays."""
    queue = Queue.on(redis, Retention(job_seconds=0.05))
    await queue.submit(submission(message(1)))
    await queue.leases.complete(await queue.must_claim(), [])
    await queue.submit(submission(message(2)))
    await queue.leases.give_up(await queue.must_claim(), ERROR, strike=True)
    await asyncio.sleep(0.06)
    await queue.poll()
    assert await queue.states() == ["FAILED"]
    assert len([key async for key in redis.scan_iter("am:ex:*:job:*")]) == 1


async def test_only_so_many_finished_jobs_are_kept(redis: Redis) -> None:
    """The oldest go first, and jobs that failed stay; the session is known all the same."""
    queue = Queue.on(redis, Retention(jobs=8))  # two in each of four partitions
    for sequence in range(1, 5):
        await queue.submit(submission(message(sequence)))
        lease = await queue.must_claim()
        if sequence == 1:
            await queue.leases.give_up(lease, ERROR, strike=True)
        else:
            await queue.leases.complete(lease, [])
    latest = [job.id for job in await queue.all_jobs()][:2]
    await queue.poll()
    assert await queue.states() == ["SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert [job.id for job in await queue.all_jobs()][:2] == latest
    assert len([key async for key in redis.scan_iter("am:ex:*:job:*")]) == 3
    await queue.submit(submission(message(2)))
    assert await queue.poll() == []


async def test_a_poll_tells_when_to_come_back(queue: Queue) -> None:
    """A partition tells how many jobs wait, how late the oldest is, and when the next is due."""
    partition = session().thread.partition(4)
    assert (await queue.outlook(partition)).next_seconds is None
    await queue.submit(submission(message(1)))
    outlook = await queue.outlook(partition)
    assert (list(outlook.due), outlook.waiting) == (["default"], 1)
    await queue.leases.retry_later(await queue.must_claim(), ERROR, delay_seconds=600, strike=False)
    outlook = await queue.outlook(partition)
    assert list(outlook.due) == []
    assert outlook.next_seconds is not None
    assert 500 < outlook.next_seconds <= 600
