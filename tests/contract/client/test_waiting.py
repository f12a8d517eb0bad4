"""Waiting for extraction."""

import asyncio

import grpc
import pytest

from agent_memory.common.v1.memory_pb2 import MEMORY_TYPE_SEMANTIC, Memory
from agent_memory.extraction.v1 import extraction_pb2 as types
from agent_memory.extraction.v1.service_pb2 import WatchJobsResponse
from agent_memory_client import (
    ExtractionFailedError,
    MemoryAPIClient,
    MemoryNotFoundError,
    MemoryPermissionError,
    MemoryRecord,
    MemoryTimeoutError,
    WorkingMemory,
)
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services


def seen(
    extracted: int, *, uid: str = "uid-s", token: str = "", job: types.Job | None = None
) -> WatchJobsResponse:
    """What a watch tells."""
    progress = types.SessionProgress(session_uid=uid, extracted_sequence=extracted)
    return WatchJobsResponse(progress=progress, job=job, resume_token=token)


def failed(first: int, last: int, uid: str = "uid-s") -> types.Job:
    """A job that gave up."""
    return types.Job(
        id="j",
        state=types.JOB_STATE_FAILED,
        session_uid=uid,
        first_sequence=first,
        last_sequence=last,
        error=refusal(grpc.StatusCode.UNAVAILABLE, "MODEL_UNAVAILABLE", message="model is down"),
    )


@pytest.fixture(autouse=True)
async def _two_messages(client: MemoryAPIClient) -> None:
    """A session whose log ends at 2."""
    turn = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
    await client.append_messages_to_working_memory("s", turn, user_id="alice")


async def test_it_returns_when_the_log_is_extracted(
    client: MemoryAPIClient, services: Services
) -> None:
    """Progress short of the log, or of an earlier session of that name, does not count."""
    services.extraction.watch.parts.append([seen(1), seen(9, uid="uid-before"), seen(2)])
    progress = await client.wait_for_extraction("s", user_id="alice")
    assert progress.extracted_sequence == 2


async def test_a_broken_stream_is_taken_up_where_it_was(
    client: MemoryAPIClient, services: Services
) -> None:
    """After a break or an end, the next watch carries the last token."""
    services.extraction.watch.parts.extend(
        [
            [seen(0, token="t1"), refusal(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")],
            [seen(1, token="t2")],
            [seen(2)],
        ]
    )
    await client.wait_for_extraction("s")
    assert [watch.resume_token for watch in services.extraction.watch.asked] == ["", "t1", "t2"]


async def test_a_forgotten_token_starts_anew(client: MemoryAPIClient, services: Services) -> None:
    """A server that lost the token is watched from the beginning."""
    services.extraction.watch.parts.extend(
        [
            [seen(0, token="t1")],
            [refusal(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_TOKEN")],
            [seen(2)],
        ]
    )
    await client.wait_for_extraction("s")
    assert [watch.resume_token for watch in services.extraction.watch.asked] == ["", "t1", ""]


async def test_a_refusal_ends_the_wait(client: MemoryAPIClient, services: Services) -> None:
    """What the service refuses is not asked again."""
    services.extraction.watch.parts.append(
        [refusal(grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")]
    )
    with pytest.raises(MemoryPermissionError):
        await client.wait_for_extraction("s")


async def test_a_job_that_gives_up_ends_the_wait(
    client: MemoryAPIClient, services: Services
) -> None:
    """The error carries the job and its reason."""
    services.extraction.watch.parts.append([seen(0), seen(0, job=failed(1, 2))])
    with pytest.raises(ExtractionFailedError, match="model is down") as raised:
        await client.wait_for_extraction("s")
    assert raised.value.job.error is not None
    assert raised.value.job.error.reason == "MODEL_UNAVAILABLE"


async def test_failures_that_are_not_waited_for_do_not_count(
    client: MemoryAPIClient, services: Services
) -> None:
    """Jobs of an earlier session of that name, or done since, or of later messages, are passed."""
    services.extraction.watch.parts.append(
        [
            seen(0, job=failed(1, 2, uid="uid-before")),
            seen(1, job=failed(1, 1)),
            seen(1, job=failed(3, 4)),
            seen(2),
        ]
    )
    await client.wait_for_extraction("s")


async def test_the_wait_has_an_end(client: MemoryAPIClient, services: Services) -> None:
    """Running out of time is a timeout, and the stream is closed."""
    services.extraction.watch.parts.append([seen(1)])
    with pytest.raises(MemoryTimeoutError, match=r"longer than 0\.2 s"):
        await client.wait_for_extraction("s", timeout=0.2)


async def test_an_empty_log_needs_no_waiting(client: MemoryAPIClient, services: Services) -> None:
    """Nothing was said, so nothing is watched."""
    await client.get_or_create_working_memory("empty")
    assert (await client.wait_for_extraction("empty")).extracted_sequence == 0
    assert services.extraction.watch.asked == []


async def test_a_session_that_is_not_there_is_not_found(client: MemoryAPIClient) -> None:
    """Waiting for nothing is an error."""
    with pytest.raises(MemoryNotFoundError):
        await client.wait_for_extraction("nowhere")


async def test_memories_placed_in_the_session_are_waited_for(
    client: MemoryAPIClient, services: Services
) -> None:
    """It returns when each is stored, or one that says the same."""
    placed = [MemoryRecord(text="Likes tea"), MemoryRecord(text="Likes  RUM")]
    await client.set_working_memory("m", WorkingMemory(memories=placed, user_id="alice"))
    stored = services.long_term_memory
    stored.add(Memory(id="other", text="likes rum", type=MEMORY_TYPE_SEMANTIC, user_id="alice"))
    waiting = asyncio.create_task(client.wait_for_extraction("m"))
    while len(services.recorder.calls("BatchGetMemories")) < 2:
        assert not waiting.done()
        await asyncio.sleep(0.01)
    stored.add(Memory(id=placed[0].id, text="Likes tea", user_id="alice"))
    await waiting
