"""Watching through the client: what is told, and what becomes of it when connections break."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

import grpc
import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1 import extraction_pb2
from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from agent_memory.working_memory.v1 import service_pb2 as working
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_client import (
    MemoryAPIClient,
    MemoryRecord,
    MemoryUnavailableError,
    MemoryValidationError,
)
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services

Told = TypeVar("Told")
GONE = refusal(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
FORGOTTEN = refusal(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_TOKEN")


async def some(told: AsyncGenerator[Told, None], count: int) -> list[Told]:
    """The first of what is told."""
    found: list[Told] = []
    async with aclosing(told):
        async for each in told:
            found.append(each)
            if len(found) == count:
                break
    return found


def changed(token: str, kind: ltm.MemoryChangeKind.ValueType, text: str = "") -> object:
    """An answer with a change."""
    memory = Memory(id="m", text=text) if text else None
    change = ltm.MemoryChange(kind=kind, memory_id="m", memory=memory)
    change.change_time.FromSeconds(1_700_000_000)
    return long_term.WatchMemoriesResponse(change=change, resume_token=token)


def checkpoint(token: str) -> object:
    """An answer without one."""
    return long_term.WatchMemoriesResponse(resume_token=token)


async def test_changes_of_memories_are_told(client: MemoryAPIClient, services: Services) -> None:
    """By name of the kind, with the memory where there is one, and without signs of life."""
    services.long_term_memory.watch.parts.append(
        [
            checkpoint("t0"),
            changed("t1", ltm.MEMORY_CHANGE_KIND_CREATED, "likes tea"),
            changed("t2", ltm.MEMORY_CHANGE_KIND_DELETED),
        ]
    )
    one, two = await some(client.watch_long_term_memories(user_id="alice"), 2)
    assert (one.kind, one.memory_id, one.resume_token) == ("created", "m", "t1")
    assert one.memory is not None
    assert one.memory.text == "likes tea"
    assert (two.kind, two.memory) == ("deleted", None)
    assert two.changed_at is not None
    [asked] = services.long_term_memory.watch.asked
    assert asked.filter.user_id.eq == "alice"


async def test_a_watch_is_taken_up_where_it_broke(
    client: MemoryAPIClient, services: Services
) -> None:
    """After an error or an end the next one carries the last token, a sign of life's too."""
    services.long_term_memory.watch.parts.extend(
        [
            [checkpoint("t0"), changed("t1", ltm.MEMORY_CHANGE_KIND_CREATED), GONE],
            [GONE],
            [checkpoint("t2")],
            [changed("t3", ltm.MEMORY_CHANGE_KIND_DELETED)],
        ]
    )
    told = await some(client.watch_long_term_memories(resume_token="t"), 2)
    assert [each.kind for each in told] == ["created", "deleted"]
    asked = [each.resume_token for each in services.long_term_memory.watch.asked]
    assert asked == ["t", "t1", "t1", "t2"]


async def test_signs_of_life_are_told_on_demand(
    client: MemoryAPIClient, services: Services
) -> None:
    """They carry a token and nothing else."""
    services.long_term_memory.watch.parts.append([checkpoint("t0")])
    [told] = await some(client.watch_long_term_memories(checkpoints=True), 1)
    assert (told.kind, told.memory_id, told.resume_token) == (None, None, "t0")


async def test_what_the_service_refuses_is_not_asked_again(
    client: MemoryAPIClient, services: Services
) -> None:
    """A token that is forgotten is the caller's to deal with."""
    services.long_term_memory.watch.parts.append([FORGOTTEN])
    with pytest.raises(MemoryValidationError) as raised:
        await some(client.watch_long_term_memories(resume_token="t"), 1)
    assert raised.value.reason == "INVALID_TOKEN"


async def test_patience_ends(unused_tcp_port: int) -> None:
    """A watch that nobody answers fails after the time that it was given."""
    async with MemoryAPIClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(MemoryUnavailableError):
            await some(client.watch_long_term_memories(patience=0), 1)


async def test_changes_of_a_session_are_told(client: MemoryAPIClient, services: Services) -> None:
    """With the messages that joined; a break is no end."""
    created = wm.SessionChange(kind=wm.SESSION_CHANGE_KIND_CREATED, etag="1")
    joined = wm.SessionChange(
        kind=wm.SESSION_CHANGE_KIND_MESSAGES,
        etag="2",
        messages=[Message(role="user", content="hello")],
    )
    services.working_memory.watch.parts.extend(
        [
            [working.WatchWorkingMemoryResponse(change=created, resume_token="t1"), GONE],
            [working.WatchWorkingMemoryResponse(change=joined, resume_token="t2")],
        ]
    )
    one, two = await some(client.watch_working_memory("s", namespace="n", user_id="u"), 2)
    assert (one.kind, one.etag, one.messages) == ("created", "1", [])
    assert (two.kind, [message.content for message in two.messages]) == ("messages", ["hello"])
    first, second = services.working_memory.watch.asked
    assert (first.namespace, first.session_id, first.user_id) == ("n", "s", "u")
    assert (first.resume_token, second.resume_token) == ("", "t1")


async def test_jobs_are_watched_over_a_break(client: MemoryAPIClient, services: Services) -> None:
    """As every watch."""
    job = extraction_pb2.Job(id="j", state=extraction_pb2.JOB_STATE_RUNNING)
    services.extraction.watch.parts.extend(
        [
            [extraction.WatchJobsResponse(job=job, resume_token="t1"), GONE],
            [extraction.WatchJobsResponse(resume_token="t2")],
        ]
    )
    one, two = await some(client.watch_jobs(), 2)
    assert one.job is not None
    assert (one.job.id, two.job) == ("j", None)
    assert [each.resume_token for each in services.extraction.watch.asked] == ["", "t1"]


async def test_a_long_answer_comes_as_a_stream(client: MemoryAPIClient) -> None:
    """Every hit once, in the order of the server, and no more than asked."""
    texts = [f"fact {number}" for number in range(7)]
    await client.create_long_term_memories([MemoryRecord(text=text) for text in texts])
    found = [hit.text async for hit in client.stream_long_term_memories("fact", limit=5)]
    assert found == texts[::-1][:5]
    with pytest.raises(MemoryValidationError):
        await some(client.stream_long_term_memories("fact", limit=0), 1)


async def test_a_whole_history_is_iterated(client: MemoryAPIClient) -> None:
    """Each revision once, the latest first."""
    created = await client.create_long_term_memories([MemoryRecord(text="likes tea")])
    revisions = [each async for each in client.all_memory_revisions(created.ids[0])]
    assert [each.cause for each in revisions] == ["create"]
