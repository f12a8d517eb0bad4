"""Jobs, as a caller sees them."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import JobState
from tests.contract.kit.refusals import refused
from tests.support.extraction_service import Extraction
from tests.support.raw import next_of
from tests.support.sessions import message


async def test_jobs_are_listed_in_pages(extraction: Extraction) -> None:
    """Tokens lead through every job once, the latest first."""
    for number in range(5):
        await extraction.submit(message(1), session_id=f"s{number}", uid=f"u{number}")
    seen: list[str] = []
    request = pb.ListJobsRequest(page_size=2)
    while True:
        page = await extraction.stub.ListJobs(request)
        seen += [job.id for job in page.jobs]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


async def test_jobs_are_filtered(extraction: Extraction) -> None:
    """Namespace, session and state narrow the list."""
    first = await extraction.submit(message(1), session_id="a")
    await extraction.submit(message(1), session_id="b")
    await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=first.job_id))
    cancelled = pb.ListJobsRequest(state=JobState.JOB_STATE_CANCELLED)
    ours = pb.ListJobsRequest(namespace="chat", session_id="a")
    for request in (cancelled, ours):
        assert [job.id for job in (await extraction.stub.ListJobs(request)).jobs] == [first.job_id]
    nowhere = pb.ListJobsRequest(namespace="")
    assert list((await extraction.stub.ListJobs(nowhere)).jobs) == []


async def test_a_token_holds_for_its_own_list_only(extraction: Extraction) -> None:
    """A token from another list, tenant or nowhere is refused."""
    for number in range(3):
        await extraction.submit(message(1), session_id=f"s{number}", uid=f"u{number}")
    token = (await extraction.stub.ListJobs(pb.ListJobsRequest(page_size=1))).next_page_token
    pending = JobState.JOB_STATE_PENDING
    for request, tenant in (
        (pb.ListJobsRequest(page_token=token, state=pending), "default"),
        (pb.ListJobsRequest(page_token=token), "other"),
        (pb.ListJobsRequest(page_token="rubbish"), "default"),
    ):
        with refused() as refusal:
            await extraction.stub.ListJobs(request, metadata=[("x-agent-memory-tenant", tenant)])
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        assert refusal.reason == "INVALID_TOKEN"


async def test_a_cancelled_job_can_be_retried(extraction: Extraction) -> None:
    """Cancelling ends a waiting job; retrying lets it run at once."""
    answer = await extraction.submit(message(1, "I'm vegetarian."))
    cancelled = await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=answer.job_id))
    assert cancelled.job.state == JobState.JOB_STATE_CANCELLED
    retried = await extraction.stub.RetryJob(
        pb.RetryJobRequest(job_id=answer.job_id, request_id="once")
    )
    assert retried.job.state == JobState.JOB_STATE_PENDING
    assert (await extraction.ended(answer.job_id)).state == JobState.JOB_STATE_SUCCEEDED
    again = await extraction.stub.RetryJob(
        pb.RetryJobRequest(job_id=answer.job_id, request_id="once")
    )
    assert again == retried


async def test_a_change_that_does_not_fit_is_refused(extraction: Extraction) -> None:
    """A waiting job cannot be retried, a finished one neither cancelled nor retried."""
    answer = await extraction.submit(message(1))
    with refused() as refusal:
        await extraction.stub.RetryJob(pb.RetryJobRequest(job_id=answer.job_id))
    assert refusal.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refusal.reason == "INVALID_STATE"
    assert refusal.metadata == {"state": "PENDING"}
    await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=answer.job_id))
    await extraction.stub.RetryJob(pb.RetryJobRequest(job_id=answer.job_id))
    await extraction.ended(answer.job_id)
    with refused() as refusal:
        await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=answer.job_id))
    assert refusal.metadata == {"state": "SUCCEEDED"}


@pytest.mark.parametrize("tenant", ["default", "other"])
async def test_a_job_that_is_not_the_callers_is_not_found(
    extraction: Extraction, tenant: str
) -> None:
    """An unknown job, and another tenant's, are the same to a caller."""
    known = (await extraction.submit(message(1), tenant="owner")).job_id
    for job_id in (known, "never-given-0"):
        calls: tuple[tuple[Callable[..., Any], object], ...] = (
            (extraction.stub.GetJob, pb.GetJobRequest(job_id=job_id)),
            (extraction.stub.RetryJob, pb.RetryJobRequest(job_id=job_id)),
            (extraction.stub.CancelJob, pb.CancelJobRequest(job_id=job_id)),
        )
        for call, request in calls:
            with refused() as refusal:
                await call(request, metadata=[("x-agent-memory-tenant", tenant)])
            assert refusal.code is grpc.StatusCode.NOT_FOUND
            assert refusal.reason == "JOB_NOT_FOUND"
            assert refusal.metadata == {"job_id": job_id}


async def test_a_job_id_is_required(extraction: Extraction) -> None:
    """An empty id is malformed, not unknown."""
    with refused() as refusal:
        await extraction.stub.GetJob(pb.GetJobRequest())
    assert refusal.reason == "INVALID_FIELD"
    assert list(refusal.fields) == ["job_id"]


async def test_a_client_waits_for_extraction(extraction: Extraction) -> None:
    """A watcher sees the job end and the progress reach the session's last message."""
    answer = await extraction.submit(message(1, "I'm vegetarian."), message(2))
    watching = extraction.stub.WatchJobs(pb.WatchJobsRequest(namespace="chat", session_id="s1"))
    first = await next_of(watching)
    assert first.job.id == answer.job_id
    assert first.progress.extracted_sequence == 0
    await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=answer.job_id))
    await extraction.stub.RetryJob(pb.RetryJobRequest(job_id=answer.job_id))
    while (seen := await next_of(watching)).job.state != JobState.JOB_STATE_SUCCEEDED:
        pass
    assert seen.progress.extracted_sequence == 2
    watching.cancel()
    later = extraction.stub.WatchJobs(
        pb.WatchJobsRequest(namespace="chat", session_id="s1", resume_token=first.resume_token)
    )
    assert (await next_of(later)).job.state == JobState.JOB_STATE_SUCCEEDED
    later.cancel()


async def test_a_foreign_resume_token_is_refused(extraction: Extraction) -> None:
    """A token of one session does not open another's stream."""
    watching = extraction.stub.WatchJobs(pb.WatchJobsRequest(session_id="s1"))
    token = (await next_of(watching)).resume_token
    watching.cancel()
    with refused() as refusal:
        await extraction.stub.WatchJobs(
            pb.WatchJobsRequest(session_id="s2", resume_token=token)
        ).read()
    assert refusal.reason == "INVALID_TOKEN"
