"""A job whose stored record is damaged is named and parked, and keeps nobody else waiting."""

from collections.abc import Callable
from typing import Any

import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from redis.asyncio import Redis
from structlog.testing import capture_logs

from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.extraction.domain.records import partition_of_job, partition_prefix
from tests.integration.extraction.queue import Queue, principal
from tests.support.extraction_service import extracting
from tests.support.sessions import message, session, submission

SUCCEEDED, FAILED = JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED
Damage = Callable[[Redis, str], Any]


def key_of(job_id: str, family: str = "job") -> str:
    """Where a part of a job is kept."""
    partition = partition_of_job(job_id, 4)
    assert partition is not None
    return f"{partition_prefix(partition)}{family}:{job_id}"


def field(name: str, value: bytes) -> Damage:
    """Other bytes in a field."""
    return lambda redis, job_id: redis.hset(key_of(job_id), name, value)


def without(name: str) -> Damage:
    """A field that is gone."""
    return lambda redis, job_id: redis.hdel(key_of(job_id), name)


async def another_type(redis: Redis, job_id: str) -> None:
    """A text in the place of the record."""
    await redis.delete(key_of(job_id))
    await redis.set(key_of(job_id), b"?")


async def another_payload(redis: Redis, job_id: str) -> None:
    """A text in the place of the messages."""
    await redis.delete(key_of(job_id, "messages"))
    await redis.set(key_of(job_id, "messages"), b"?")


SHOWN: dict[str, Damage] = {
    "no spec": field("spec", b"\xff\xff\xff"),
    "an unknown lane": field("lane", b"sideways"),
    "a lane that is no text": field("lane", b"\xff"),
    "no configuration": field("config", b"\xff\xff"),
    "a zone that is no text": field("zone", b"\xff"),
    **{
        f"{name} that counts nothing": field(name, b"many")
        for name in ("failures", "strikes", "since", "first", "last", "due")
    },
    "a time that no calendar has": field("create", b"9" * 30),
    "no lane": without("lane"),
    "no failures": without("failures"),
    "no session": without("session"),
    "no spec at all": without("spec"),
    "no state": without("state"),
    "no tenant": without("tenant"),
    "another payload": another_payload,
}
HEALED: dict[str, Damage] = {
    f"{name} that counts nothing": field(name, b"many") for name in ("attempt", "start", "bytes")
}
GONE: dict[str, Damage] = {
    "no record": lambda redis, job_id: redis.delete(key_of(job_id)),
    "another type": another_type,
}


async def damaged(redis: Redis, damage: Damage) -> str:
    """The id of a job whose record was damaged while it waited."""
    receipt = await Queue.on(redis).submit(submission(message(1, "I'm vegetarian.")))
    await damage(redis, receipt.job_id)
    return receipt.job_id


@pytest.mark.parametrize("kind", [*SHOWN, *GONE, *HEALED])
async def test_a_damaged_job_keeps_no_other_waiting(
    redis: Redis, redis_url: str, kind: str
) -> None:
    """Jobs behind it run, it is named in the log, and where it can be shown it has failed."""
    job_id = await damaged(redis, (SHOWN | GONE | HEALED)[kind])
    with capture_logs() as logs:
        async with extracting(redis_url) as extraction:
            other = await extraction.submit(message(1, "I play chess."), session_id="other")
            assert (await extraction.ended(other.job_id)).state == SUCCEEDED
            if kind not in GONE:
                job = await extraction.ended(job_id)
                assert job.state == (SUCCEEDED if kind in HEALED else FAILED)
                assert kind in HEALED or reason(job) == "INVALID_FIELD"
            later = await extraction.submit(message(2, "I have two cats."))
            assert (await extraction.ended(later.job_id)).state == SUCCEEDED
    named = [each for each in logs if each["event"] == "job.unreadable"]
    assert {each["job_id"] for each in named} == (set() if kind in HEALED else {job_id})
    assert "vegetarian" not in str(named)


async def test_a_damaged_job_is_listed_with_the_others(redis: Redis) -> None:
    """Nobody loses the list for it."""
    queue = Queue.on(redis)
    job_id = await damaged(redis, SHOWN["no spec"])
    gone = await queue.submit(submission(message(2), to=session("gone")))
    await another_type(redis, gone.job_id)
    sound = await queue.submit(submission(message(3), to=session("sound")))
    listed = await queue.all_jobs()
    assert {job.id for job in listed} == {job_id, sound.job_id}
    (shown,) = await queue.jobs.load(principal(), [job_id])
    assert "spec" in shown.error.message


@pytest.mark.parametrize("kind", ["no state", "no record", "no tenant", "another type"])
async def test_a_job_that_is_damaged_while_it_runs_stops_no_partition(
    redis: Redis, redis_url: str, kind: str
) -> None:
    """Its lease ends as every other, and those behind it run."""
    queue = Queue.on(redis, lease_seconds=0.01)
    receipt = await queue.submit(submission(message(1)))
    await queue.must_claim()
    await (SHOWN | GONE)[kind](redis, receipt.job_id)
    async with extracting(redis_url) as extraction:
        other = await extraction.submit(message(1, "I play chess."), session_id="other")
        assert (await extraction.ended(other.job_id)).state == SUCCEEDED


def reason(job: Job) -> str:
    """Why a job failed, by the catalogue."""
    info = ErrorInfo()
    (detail,) = [d for d in job.error.details if d.Is(ErrorInfo.DESCRIPTOR)]
    detail.Unpack(info)
    return info.reason
