"""Erasing a user from extraction, down to the last element of the store."""

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.erase_pb2 import ErasedSession
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import JobState
from agent_memory_services.kit.contract.errors import EtagMismatch
from tests.contract.kit.refusals import refused
from tests.support.extraction_service import Extraction, extracting
from tests.support.recording_memory import RecordingMemory
from tests.support.residue import everything, residue
from tests.support.sessions import message
from tests.support.waiting import eventually

ALICE = "alice liddell"
SECRET = "I like purple sealing wax."
TRACES = ("alice", "alice liddell", "purple", "tea-party")


async def erase(extraction: Extraction, *sessions: ErasedSession) -> pb.EraseUserResponse:
    """Erase the user."""
    return await extraction.stub.EraseUser(pb.EraseUserRequest(user_id=ALICE, sessions=sessions))


async def speak(extraction: Extraction, user: str, name: str, text: str) -> list[str]:
    """Submit from three sessions; answers the jobs."""
    answers = [
        await extraction.submit(
            message(1, text),
            session_id=f"{name}-{number}",
            uid=f"{name[0]}{number}",
            user_id=user,
            memories=[Memory(id=f"{name}-{number}", text=text)],
        )
        for number in range(3)
    ]
    return [answer.job_id for answer in answers]


async def test_nothing_of_an_erased_user_is_left(redis: Redis, redis_url: str) -> None:
    """Of jobs that are done, failed and waiting; and everything of others is as it was."""
    memory = RecordingMemory()
    async with extracting(redis_url, memory) as extraction:
        for user, name, text in ((ALICE, "tea-party", SECRET), ("bob", "soup", "I like soup.")):
            for spoken in await speak(extraction, user, name, text):
                await extraction.ended(spoken)
        memory.faults.extend(EtagMismatch("x") for _ in range(1000))
        failed = await extraction.submit(
            message(2, SECRET), session_id="tea-party-0", uid="t0", user_id=ALICE
        )
        job = await extraction.ended(failed.job_id)
        assert job.state == JobState.JOB_STATE_FAILED
        memory.faults.clear()
    async with extracting(
        redis_url, memory, debounce_seconds=60, max_wait_seconds=60
    ) as extraction:
        await extraction.submit(
            message(3, SECRET), session_id="tea-party-0", uid="t0", user_id=ALICE
        )
        await extraction.submit(
            message(2, "I like bread."), session_id="soup-0", uid="s0", user_id="bob"
        )
        before = await everything(redis)
        assert await residue(redis, *TRACES)
        answer = await erase(extraction)
        assert await residue(redis, *TRACES) == []
        gone = before - await everything(redis)
        assert [each for each in gone if b"soup" in each or b"bob" in each] == []
        assert answer.receipt.service == "agent_memory.extraction.v1.ExtractionService"
        assert answer.receipt.erased["sessions"] == 3
        assert answer.receipt.erased["jobs"] >= 4
        assert {each.session_uid for each in answer.sessions} == {
            "t0",
            "t1",
            "t2",
        }
        again = await erase(extraction)
        assert not any(again.receipt.erased.values())
        listed = (await extraction.stub.ListJobs(pb.ListJobsRequest(page_size=100))).jobs
        assert {job.user_id for job in listed} == {"bob"}


async def test_what_arrives_late_is_refused(extraction: Extraction, redis: Redis) -> None:
    """Of sessions that were erased before they were heard of too; a new session is welcome."""
    await extraction.submit(message(1, SECRET), uid="heard", user_id=ALICE)
    await erase(extraction, ErasedSession(session_uid="unheard"))
    for uid in ("heard", "unheard"):
        with refused() as refusal:
            await extraction.submit(message(2, SECRET), uid=uid, user_id=ALICE)
        assert refusal.reason == "SESSION_ERASED"
    assert await residue(redis, *TRACES) == []
    assert (await extraction.submit(message(1), uid="new", user_id=ALICE)).job_id


@pytest.mark.parametrize("late", [False, True])
async def test_an_erasure_bars_nobody_elses_session(extraction: Extraction, late: bool) -> None:
    """Whatever session it names: another user's and another tenant's go on."""
    others = {"bobs": {"user_id": "bob"}, "theirs": {"user_id": ALICE, "tenant": "other"}}
    for uid, whose in others.items():
        await extraction.submit(message(1, "I like soup."), uid=uid, session_id=uid, **whose)
    named = [ErasedSession(session_uid=uid, owned_late=late) for uid in (*others, "unheard")]
    await erase(extraction, *named)
    for uid, whose in {**others, "unheard": {"user_id": "bob"}}.items():
        answer = await extraction.submit(message(2), uid=uid, session_id=uid, **whose)
        assert answer.job_id


async def test_what_was_said_before_there_was_an_owner_goes_too(
    extraction: Extraction, redis: Redis
) -> None:
    """Whether extraction heard of the owner, or working memory alone did."""
    await extraction.submit(message(1, SECRET), session_id="a", uid="told", user_id="")
    await extraction.submit(message(2, SECRET), session_id="a", uid="told", user_id=ALICE)
    await extraction.submit(message(1, SECRET), session_id="b", uid="untold", user_id="")
    await extraction.submit(message(1, "I like soup."), session_id="c", uid="other", user_id="")
    answer = await erase(extraction, ErasedSession(session_uid="untold", owned_late=True))
    assert await residue(redis, *TRACES) == []
    assert {each.session_uid: each.owned_late for each in answer.sessions} == {
        "told": True,
        "untold": False,
    }
    assert await residue(redis, "soup")


async def test_a_worker_in_the_middle_of_a_job_lets_go_of_it(redis: Redis, redis_url: str) -> None:
    """Nothing that it does afterwards brings anything back here, and it goes on with others."""
    memory = RecordingMemory(held=True)
    async with extracting(redis_url, memory) as extraction:
        await extraction.submit(message(1, SECRET), user_id=ALICE)
        await eventually(lambda: len(memory.calls) == 1)
        await erase(extraction)
        memory.let_go()
        other = await extraction.submit(
            message(1, "I like soup."), session_id="s2", uid="u2", user_id="bob"
        )
        await extraction.ended(other.job_id)
    # Now there is nothing left that the worker could do.
    assert await residue(redis, *TRACES) == []


async def test_a_long_thread_is_erased_in_steps(extraction: Extraction, redis: Redis) -> None:
    """All of its jobs, and none of the thread's other incarnations."""
    for number in range(1, 70):
        await extraction.submit(message(number, SECRET), uid="old", user_id=ALICE)
        job = (await extraction.stub.ListJobs(pb.ListJobsRequest(page_size=1))).jobs[0]
        if number < 69:
            await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=job.id))
    await extraction.submit(message(1, "I like soup."), uid="next", user_id="bob")
    answer = await erase(extraction)
    assert answer.receipt.erased["jobs"] > 50
    assert await residue(redis, *TRACES) == []
    assert len((await extraction.stub.ListJobs(pb.ListJobsRequest())).jobs) == 1


@pytest.mark.parametrize("field", ["user_id", "sessions"])
async def test_a_malformed_erasure_is_refused(extraction: Extraction, field: str) -> None:
    """Nobody is erased by accident."""
    request = pb.EraseUserRequest(
        user_id="" if field == "user_id" else ALICE,
        sessions=[ErasedSession()] if field == "sessions" else [],
    )
    with refused() as refusal:
        await extraction.stub.EraseUser(request)
    assert refusal.reason == "INVALID_FIELD"


async def test_a_session_that_is_forgotten_is_given_up(redis_url: str) -> None:
    """What waits of it is gone, and nothing of it is taken in; others' sessions go on."""
    memory = RecordingMemory()
    async with extracting(
        redis_url, memory, debounce_seconds=60, max_wait_seconds=60
    ) as extraction:
        await speak(extraction, ALICE, "tea-party", SECRET)
        request = pb.ForgetSessionRequest(user_id=ALICE)
        request.session.namespace, request.session.session_id = "chat", "tea-party-0"
        gone = await extraction.stub.ForgetSession(request)
        assert list(gone.session_uids) == ["t0"]
        listed = pb.ListJobsRequest(namespace="chat", session_id="tea-party-0")
        assert not (await extraction.stub.ListJobs(listed)).jobs
        with refused() as refusal:
            await extraction.submit(
                message(2, SECRET), session_id="tea-party-0", uid="t0", user_id=ALICE
            )
        assert refusal.reason == "SESSION_ERASED"
        request = pb.ForgetSessionRequest(user_id="bob", session_uids=["t1"])
        request.session.namespace, request.session.session_id = "chat", "tea-party-1"
        assert not (await extraction.stub.ForgetSession(request)).session_uids
        await extraction.submit(
            message(2, SECRET), session_id="tea-party-1", uid="t1", user_id=ALICE
        )
