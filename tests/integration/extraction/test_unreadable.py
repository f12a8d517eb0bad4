"""A job does what it can around a message or a memory that nobody can work on, and names it."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import JobState, SkippedItem
from agent_memory.extraction.v1.service_pb2 import RetryJobRequest
from agent_memory_services.extraction.domain.facts import Conversation, Findings
from agent_memory_services.extraction.domain.records import partition_of_job, partition_prefix
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.kit.contract.errors import AccessDenied
from tests.integration.extraction.queue import LOST, Queue
from tests.support.extraction_service import extracting
from tests.support.recording_memory import RecordingMemory
from tests.support.sessions import message, submission

SUCCEEDED, FAILED = JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED
NEVER = Timestamp(seconds=2**62)
SECRET = "I live in the secret harbour."


def timeless(sequence: int) -> Message:
    """A message that an earlier build took in with a time that no calendar has."""
    built = message(sequence, SECRET)
    built.create_time.CopyFrom(NEVER)
    return built


async def damage(redis: Redis, job_id: str, sequence: int) -> None:
    """Overwrite the stored bytes of one of a job's messages."""
    partition = partition_of_job(job_id, 4)
    assert partition is not None
    key = f"{partition_prefix(partition)}messages:{job_id}"
    assert await redis.zremrangebyscore(key, sequence, sequence) == 1
    await redis.zadd(key, {b"\xff\xff\xff": sequence})


def reason(item: SkippedItem) -> str:
    """Why an item was left out, by the catalogue."""
    info = ErrorInfo()
    (detail,) = [d for d in item.error.details if d.Is(ErrorInfo.DESCRIPTOR)]
    detail.Unpack(info)
    return info.reason


def fields(item: SkippedItem) -> list[str]:
    """The fields for which an item was left out."""
    broken = BadRequest()
    for detail in item.error.details:
        detail.Unpack(broken)
    return [violation.field for violation in broken.field_violations]


async def test_messages_that_an_earlier_build_took_in_are_named_and_the_others_extracted(
    redis: Redis, redis_url: str
) -> None:
    """The session goes on after them, and nothing says what was in them."""
    queue = Queue.on(redis)
    said = [message(1, "I'm vegetarian."), timeless(2), message(3, SECRET), message(4)]
    receipt = await queue.submit(submission(*said))
    await damage(redis, receipt.job_id, 3)
    async with extracting(redis_url) as extraction:
        job = await extraction.ended(receipt.job_id)
        assert (job.state, job.attempt) == (SUCCEEDED, 1)
        assert {source_of(memory) for memory in extraction.memory.kept.values()} == {"m1", "m4"}
        assert [(item.message_id, item.sequence, reason(item)) for item in job.skipped] == [
            ("m2", 2, "INVALID_FIELD"),
            ("", 3, "INVALID_FIELD"),
        ]
        assert fields(job.skipped[0]) == ["create_time"]
        assert "harbour" not in str(job)
        later = await extraction.submit(message(5, "I play the cello."))
        assert not (await extraction.ended(later.job_id)).skipped
        assert (await extraction.extracted(5)).extracted_sequence == 5
        assert any("cello" in text for text in extraction.memory.texts)


@pytest.mark.parametrize("strategy", ["DISCRETE", "SUMMARY"])
async def test_a_job_that_died_of_one_succeeds_when_it_is_tried_again(
    redis: Redis, redis_url: str, strategy: str
) -> None:
    """An earlier build gave it up with everything that came beside the message."""
    queue = Queue.on(redis)
    how = ExtractionStrategy.Value(f"EXTRACTION_STRATEGY_{strategy}")
    receipt = await queue.submit(
        submission(message(1, "I'm vegetarian."), timeless(2), strategy=how)
    )
    await queue.leases.give_up(await queue.must_claim(), LOST, strike=True)
    async with extracting(redis_url) as extraction:
        await extraction.stub.RetryJob(RetryJobRequest(job_id=receipt.job_id))
        job = await extraction.ended(receipt.job_id)
        assert job.state == SUCCEEDED
        assert [item.message_id for item in job.skipped] == ["m2"]
        assert any("vegetarian" in text for text in extraction.memory.texts)


async def test_a_placed_memory_that_cannot_be_stored_takes_no_other_with_it(
    redis: Redis, redis_url: str
) -> None:
    """Neither one that cannot be read, nor one that long-term memory refuses or fails at."""
    memories = [
        Memory(id="good", text="Likes tea."),
        Memory(id="timeless", text="Likes the secret harbour.", expire_time=NEVER),
        Memory(id="refused", text="No."),
        Memory(id="cursed", text="Cursed."),
        Memory(id="also-good", text="Likes rain."),
    ]
    receipt = await Queue.on(redis).submit(submission(memories=memories))
    memory = RecordingMemory(refused={"No.": AccessDenied("no"), "Cursed.": ValueError("?")})
    async with extracting(redis_url, memory) as extraction:
        job = await extraction.ended(receipt.job_id)
        assert (job.state, memory.texts) == (SUCCEEDED, ["Likes tea.", "Likes rain."])
        assert {item.memory_id: reason(item) for item in job.skipped} == {
            "timeless": "INVALID_FIELD",
            "refused": "ACCESS_DENIED",
            "cursed": "INTERNAL",
        }
        assert "harbour" not in str(job)


async def test_no_memory_is_to_blame_where_long_term_memory_fails_at_all(
    redis: Redis, redis_url: str
) -> None:
    """Then nothing is left out: the job fails, and waits for somebody to retry it."""
    memories = [Memory(id="one", text="One."), Memory(id="two", text="Two.")]
    receipt = await Queue.on(redis).submit(submission(memories=memories))
    memory = RecordingMemory(refused={"One.": ValueError("?"), "Two.": ValueError("?")})
    async with extracting(redis_url, memory) as extraction:
        job = await extraction.ended(receipt.job_id)
        assert (job.state, list(job.skipped)) == (FAILED, [])
        memory.refused.clear()
        await extraction.stub.RetryJob(RetryJobRequest(job_id=receipt.job_id))
        await extraction.until(receipt.job_id, lambda job: job.state == SUCCEEDED)
        assert memory.texts == ["One.", "Two."]


@pytest.fixture
def _stumbling(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local extractor has a fault that messages with a curse meet, wherever they are shown."""
    read = LocalExtractor.read

    def stumble(self: LocalExtractor, conversation: Conversation) -> Findings:
        if any("curse" in turn.text for turn in [*conversation.before, *conversation.turns]):
            raise ZeroDivisionError
        return read(self, conversation)

    monkeypatch.setattr(LocalExtractor, "read", stumble)


@pytest.mark.usefixtures("_stumbling")
async def test_a_message_that_nobody_foresaw_is_named_and_the_others_extracted(
    redis: Redis, redis_url: str
) -> None:
    """The second attempt finds it; those that come after it are extracted too."""
    hobbies = ["vegetarian", "", "a nurse", "a runner", "an only child"]
    said = [message(n, f"I'm {what}.") for n, what in enumerate(hobbies, 1) if what]
    said.insert(1, message(2, "I'm under a curse."))
    receipt = await Queue.on(redis).submit(submission(*said))
    async with extracting(redis_url) as extraction:
        job = await extraction.ended(receipt.job_id)
        assert (job.state, job.attempt) == (SUCCEEDED, 2)
        assert [(item.message_id, item.sequence) for item in job.skipped] == [("m2", 2)]
        assert reason(job.skipped[0]) == "INTERNAL"
        assert {source_of(memory) for memory in extraction.memory.kept.values()} == {
            *("m1", "m3", "m4", "m5")
        }
        later = await extraction.submit(message(6, "I play the cello."))
        job = await extraction.ended(later.job_id)
        assert (job.state, list(job.skipped)) == (SUCCEEDED, [])
        assert any("cello" in text for text in extraction.memory.texts)


@pytest.mark.usefixtures("_stumbling")
async def test_no_message_is_to_blame_where_every_one_fails(redis: Redis, redis_url: str) -> None:
    """Then the fault is the extractor's: the job fails with its messages kept."""
    said = [message(n, f"I'm under curse {n}.") for n in (1, 2, 3)]
    receipt = await Queue.on(redis).submit(submission(*said))
    async with extracting(redis_url, max_strikes=2) as extraction:
        job = await extraction.ended(receipt.job_id)
        assert (job.state, list(job.skipped)) == (FAILED, [])


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
async def test_the_first_and_the_last_time_are_extracted_in_every_zone(
    redis: Redis, redis_url: str, zone: str
) -> None:
    """Words that lead beyond the calendar are no dates."""
    assert redis
    words = "I was in Rome last year. I'm going to Paris tomorrow. I'll retire next year."
    first, last = (message(n, words) for n in (1, 2))
    first.create_time.CopyFrom(Timestamp(seconds=-62_135_596_800))
    last.create_time.CopyFrom(Timestamp(seconds=253_402_300_799, nanos=10**9 - 1))
    async with extracting(redis_url) as extraction:
        answer = await extraction.submit(first, last, time_zone=zone)
        job = await extraction.ended(answer.job_id)
        assert (job.state, job.attempt, list(job.skipped)) == (SUCCEEDED, 1, [])
        assert {source_of(memory) for memory in extraction.memory.kept.values()} == {"m1", "m2"}


def source_of(memory: Memory) -> str:
    """The first message that states a memory."""
    return memory.provenance.message_ids[0]
