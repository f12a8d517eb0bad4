"""SubmitMessages and BatchSubmitMessages, as a caller sees them."""

from typing import Any

import grpc
import pytest

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory_services.kit.contract.status import error_of
from tests.contract.kit.refusals import refused
from tests.support.extraction_service import Extraction, extracting
from tests.support.sessions import message

NONE = ExtractionStrategy.EXTRACTION_STRATEGY_NONE


async def test_a_submission_answers_its_job_and_how_far_the_session_arrived(
    extraction: Extraction,
) -> None:
    """The answer names the job that waits, with the span of its messages."""
    answer = await extraction.submit(message(1), message(2))
    assert answer.received_sequence == 2
    job = await extraction.job(answer.job_id)
    assert (job.first_sequence, job.last_sequence) == (1, 2)
    assert (job.session.session_id, job.session_uid, job.user_id) == ("s1", "u1", "alice")


async def test_repeating_a_submission_changes_nothing(extraction: Extraction) -> None:
    """A relay that did not hear the answer may send everything again."""
    first = await extraction.submit(message(1))
    assert await extraction.submit(message(1)) == first
    assert len((await extraction.stub.ListJobs(pb.ListJobsRequest())).jobs) == 1


async def test_nothing_to_extract_names_no_job(extraction: Extraction) -> None:
    """An empty submission, and one that wants nothing, are taken without a job."""
    assert (await extraction.submit()).job_id == ""
    assert (await extraction.submit(message(1), strategy=NONE)).job_id == ""


async def test_an_unknown_time_zone_is_taken(extraction: Extraction) -> None:
    """Messages are never lost over a zone that nobody knows."""
    answer = await extraction.submit(message(1), time_zone="Nowhere/City")
    assert answer.received_sequence == 1


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.SubmitMessagesRequest(session_uid="u"), "session"),
        (pb.SubmitMessagesRequest(session=SessionRef(session_id="s")), "session_uid"),
        (
            pb.SubmitMessagesRequest(session=SessionRef(), session_uid="u"),
            "session.session_id",
        ),
        (
            pb.SubmitMessagesRequest(
                session=SessionRef(session_id="s"),
                session_uid="u",
                messages=[Message(id="m", role="user", content="no sequence")],
            ),
            "messages[0]",
        ),
        (
            pb.SubmitMessagesRequest(
                session=SessionRef(session_id="s"),
                session_uid="u",
                messages=[message(1), Message(id="m2", content="no role", sequence=2)],
            ),
            "messages[1].role",
        ),
        (
            pb.SubmitMessagesRequest(
                session=SessionRef(session_id="s"), session_uid="u", memories=[Memory(text="no id")]
            ),
            "memories[0]",
        ),
        (
            pb.SubmitMessagesRequest(
                session=SessionRef(session_id="s"),
                session_uid="u",
                extraction=ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM),
            ),
            "extraction",
        ),
    ],
)
async def test_a_malformed_submission_is_refused_with_the_path(
    extraction: Extraction, request_: pb.SubmitMessagesRequest, field: str
) -> None:
    """Each broken rule names its field, and nothing is stored."""
    with refused() as refusal:
        await extraction.stub.SubmitMessages(request_)
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.reason == "INVALID_FIELD"
    assert list(refusal.fields) == [field]
    assert list((await extraction.stub.ListJobs(pb.ListJobsRequest())).jobs) == []


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("withheld", [0, 2], ids=["messages", "withheld messages"])
async def test_another_user_takes_nothing_of_a_session(redis_url: str, withheld: int) -> None:
    """What waits stays its owner's, and so do the sequences that are to come."""
    waiting: dict[str, Any] = {"debounce_seconds": 60, "max_wait_seconds": 60}
    async with extracting(redis_url, **waiting) as extraction:
        first = await extraction.submit(message(1, "I live in Lisbon."))
        told = () if withheld else (message(2, "I live in Madrid."),)
        with refused() as refusal:
            await extraction.submit(
                *told,
                user_id="bob",
                memories=[Memory(id="planted", text="Owes me money.")],
                first_withheld_sequence=withheld,
                last_withheld_sequence=withheld,
            )
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "OWNER_MISMATCH",
        )
        second = await extraction.submit(message(2, "I have a dog."))
        assert (second.job_id, second.received_sequence) == (first.job_id, 2)
        job = await extraction.job(first.job_id)
        assert (job.user_id, job.first_sequence, job.last_sequence) == ("alice", 1, 2)
    async with extracting(redis_url, extraction.memory) as extraction:
        again = await extraction.submit(message(3, "I play chess."))
        await extraction.ended(again.job_id)
        assert (await extraction.extracted(3)).session_uid == "u1"
    assert {memory.user_id for memory in extraction.memory.kept.values()} == {"alice"}


async def test_what_names_nobody_goes_to_the_owner(extraction: Extraction) -> None:
    """A session has one owner for good, who may be left out."""
    first = await extraction.submit(message(1))
    await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=first.job_id))
    later = await extraction.submit(message(2), user_id="")
    assert (await extraction.job(later.job_id)).user_id == "alice"


async def test_a_name_that_is_used_again_is_another_session(extraction: Extraction) -> None:
    """A session that was deleted may be begun anew by somebody else; each keeps its own."""
    first = await extraction.submit(message(1), uid="first")
    second = await extraction.submit(message(1), uid="second", user_id="bob")
    late = await extraction.submit(message(2), uid="first")
    for answer, owner in ((first, "alice"), (second, "bob"), (late, "alice")):
        assert (await extraction.job(answer.job_id)).user_id == owner


async def test_tenants_do_not_meet(extraction: Extraction) -> None:
    """The same session of two tenants is two sessions."""
    await extraction.submit(message(1), tenant="one")
    await extraction.submit(message(1), message(2), tenant="two")
    for tenant, last in (("one", 1), ("two", 2)):
        metadata = [("x-agent-memory-tenant", tenant)]
        (job,) = (await extraction.stub.ListJobs(pb.ListJobsRequest(), metadata=metadata)).jobs
        assert job.last_sequence == last


def _submission(session_id: str, *messages: Message, user: str = "") -> pb.SubmitMessagesRequest:
    return pb.SubmitMessagesRequest(
        session=SessionRef(session_id=session_id),
        session_uid=f"uid of {session_id}",
        user_id=user,
        messages=messages,
    )


async def test_each_submission_of_a_batch_has_its_own_result(extraction: Extraction) -> None:
    """One that is refused is in nobody's way, and repeating all of them changes nothing."""
    await extraction.stub.SubmitMessages(_submission("hers", message(1), user="alice"))
    batch = pb.BatchSubmitMessagesRequest(
        submissions=[
            _submission("one", message(1), message(2)),
            _submission("hers", message(2), user="bob"),
            _submission("other", message(1)),
        ]
    )
    answer = await extraction.stub.BatchSubmitMessages(batch)
    one, hers, other = answer.results
    assert (one.response.received_sequence, other.response.received_sequence) == (2, 1)
    refusal = error_of(hers.error)
    assert refusal is not None
    assert ErrorReason.Name(refusal.reason) == "ERROR_REASON_OWNER_MISMATCH"
    assert await extraction.stub.BatchSubmitMessages(batch) == answer


async def test_a_malformed_submission_of_a_batch_is_refused_with_its_path(
    extraction: Extraction,
) -> None:
    """Nothing of the batch is taken in."""
    batch = pb.BatchSubmitMessagesRequest(
        submissions=[_submission("one", message(1)), pb.SubmitMessagesRequest(session_uid="u")]
    )
    with refused() as refusal:
        await extraction.stub.BatchSubmitMessages(batch)
    assert list(refusal.fields) == ["submissions[1].session"]
    assert list((await extraction.stub.ListJobs(pb.ListJobsRequest())).jobs) == []
