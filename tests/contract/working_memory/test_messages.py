"""AppendMessages, AddMemories, ListMessages and ListSessions as a client sees them."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import EventTime, Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from tests.contract.kit.refusals import refused
from tests.contract.working_memory.conftest import Neighbours
from tests.support.stubs import WorkingMemoryStub
from tests.support.waiting import eventually

Code = grpc.StatusCode
SESSION: dict[str, Any] = {"namespace": "chat", "session_id": "s"}


def said(content: str, **fields: Any) -> Message:
    """A message of a user."""
    return Message(role="user", content=content, **fields)


async def append(
    stub: WorkingMemoryStub, *messages: Message, **fields: Any
) -> rpc.AppendMessagesResponse:
    """Append to the session."""
    return await stub.AppendMessages(
        rpc.AppendMessagesRequest(messages=messages, **{**SESSION, **fields})
    )


async def test_appended_messages_are_answered_as_they_are(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Ids, times and sequences are told; extraction hears of them for the same tenant."""
    first = await append(stub, said("a", id="1"), user_id="alice")
    second = await append(stub, said("a", id="1"), said("b"))
    assert (first.created, second.created) == (True, False)
    assert (first.new_message_count, second.new_message_count) == (1, 1)
    assert second.messages[0] == first.messages[0]
    assert [m.sequence for m in second.messages] == [1, 2]
    assert second.last_sequence == 2
    found = (await stub.GetWorkingMemory(rpc.GetWorkingMemoryRequest(**SESSION))).working_memory
    assert list(found.messages) == list(second.messages)
    assert (found.etag, found.session_uid) == (second.etag, second.session_uid)
    await eventually(lambda: neighbours.extraction.said == ["a", "b"])
    assert {item.tenant for item in neighbours.extraction.submitted} == {"default"}


async def test_an_id_with_other_content_is_refused(stub: WorkingMemoryStub) -> None:
    """ALREADY_EXISTS with the id, and nothing of the call is stored."""
    await append(stub, said("a", id="1"))
    with refused() as refusal:
        await append(stub, said("new"), said("b", id="1"))
    assert (refusal.code, refusal.reason) == (Code.ALREADY_EXISTS, "ID_ALREADY_EXISTS")
    assert refusal.metadata == {"id": "1"}
    log = await stub.ListMessages(rpc.ListMessagesRequest(**SESSION))
    assert log.total_size == 1


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (rpc.AppendMessagesRequest(**SESSION), "messages"),
        (rpc.AppendMessagesRequest(messages=[said("x")]), "session_id"),
        (rpc.AppendMessagesRequest(messages=[Message(content="x")], **SESSION), "messages[0].role"),
        (
            rpc.AppendMessagesRequest(
                messages=[said("x")], window=wm.ContextWindow(max_tokens=0), **SESSION
            ),
            "window.max_tokens",
        ),
    ],
)
async def test_bad_appends_are_refused_with_their_path(
    stub: WorkingMemoryStub, request_: rpc.AppendMessagesRequest, field: str
) -> None:
    """INVALID_ARGUMENT names each field."""
    with refused() as refusal:
        await stub.AppendMessages(request_)
    assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_FIELD")
    assert list(refusal.fields) == [field]


async def test_placed_memories_reach_extraction_once(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """They are answered with ids and scope; a replacement takes them out of the session only."""
    fields: dict[str, Any] = {**SESSION, "user_id": "alice"}
    one = rpc.AddMemoriesRequest(memories=[Memory(text="likes tea")], **fields)
    first = await stub.AddMemories(one)
    again = await stub.AddMemories(one)
    assert list(first.memories) == list(again.memories)
    assert (first.memories[0].user_id, first.memories[0].session_id) == ("alice", "s")
    await stub.AddMemories(
        rpc.AddMemoriesRequest(
            memories=[Memory(id="2", text="likes rain")],
            policy=wm.SESSION_MEMORY_POLICY_REPLACE,
            **fields,
        )
    )
    found = (await stub.GetWorkingMemory(rpc.GetWorkingMemoryRequest(**SESSION))).working_memory
    assert [m.text for m in found.memories] == ["likes rain"]
    await eventually(lambda: len(neighbours.extraction.submitted) == 2)
    texts = [m.text for item in neighbours.extraction.submitted for m in item.request.memories]
    assert texts == ["likes tea", "likes rain"]


@pytest.mark.parametrize(
    ("memory", "field"),
    [
        (Memory(id="x"), "memories[0].text"),
        (
            Memory(text="x", event_time=EventTime(start=Timestamp(), time_zone="Nowhere/City")),
            "memories[0].event_time.time_zone",
        ),
    ],
    ids=["no text", "no such zone"],
)
async def test_memories_that_could_not_be_stored_are_refused(
    stub: WorkingMemoryStub, memory: Memory, field: str
) -> None:
    """With the path, as every bad field."""
    with refused() as refusal:
        await stub.AddMemories(rpc.AddMemoriesRequest(memories=[memory], **SESSION))
    assert refusal.reason == "INVALID_FIELD"
    assert list(refusal.fields) == [field]


async def pages(stub: WorkingMemoryStub, request: rpc.ListMessagesRequest) -> list[int]:
    """The sequences of all pages."""
    seen: list[int] = []
    while True:
        page = await stub.ListMessages(request)
        seen += [message.sequence for message in page.messages]
        if not page.next_page_token:
            return seen
        request.page_token = page.next_page_token


async def test_the_log_is_paged_in_both_directions(stub: WorkingMemoryStub) -> None:
    """Each position comes once, in order, and the total is true."""
    await append(stub, *(said(f"m{i}") for i in range(25)))
    up = rpc.ListMessagesRequest(page_size=7, **SESSION)
    assert (await stub.ListMessages(up)).total_size == 25
    assert await pages(stub, up) == list(range(1, 26))
    down = rpc.ListMessagesRequest(page_size=7, descending=True, after_sequence=3, **SESSION)
    assert await pages(stub, down) == list(range(25, 3, -1))
    some = rpc.ListMessagesRequest(after_sequence=20, **SESSION)
    assert await pages(stub, some) == list(range(21, 26))


async def test_messages_that_come_while_paging_are_seen(stub: WorkingMemoryStub) -> None:
    """An ascending reader catches up with a writer."""
    await append(stub, *(said(f"m{i}") for i in range(5)))
    request = rpc.ListMessagesRequest(page_size=3, **SESSION)
    page = await stub.ListMessages(request)
    await append(stub, said("late"))
    request.page_token = page.next_page_token
    assert await pages(stub, request) == [4, 5, 6]


async def test_a_foreign_or_stale_token_is_refused(stub: WorkingMemoryStub) -> None:
    """Damaged, of other arguments, or of a session that was created anew."""
    await append(stub, *(said(f"m{i}") for i in range(5)))
    request = rpc.ListMessagesRequest(page_size=2, **SESSION)
    token = (await stub.ListMessages(request)).next_page_token
    tokens = [
        rpc.ListMessagesRequest(page_token="x" + token, **SESSION),
        rpc.ListMessagesRequest(page_token=token, descending=True, **SESSION),
        rpc.ListMessagesRequest(page_token=token, session_id="other"),
    ]
    for foreign in tokens:
        with refused() as refusal:
            await stub.ListMessages(foreign)
        assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_TOKEN")
    await stub.DeleteWorkingMemory(rpc.DeleteWorkingMemoryRequest(**SESSION))
    await append(stub, *(said(f"n{i}") for i in range(5)))
    request.page_token = token
    with refused() as refusal:
        await stub.ListMessages(request)
    assert refusal.reason == "INVALID_TOKEN"


async def test_the_log_of_nobody_is_not_found(stub: WorkingMemoryStub) -> None:
    """Neither of a session that is not there nor of somebody else's."""
    await append(stub, said("a"), user_id="alice")
    for fields in ({"session_id": "none"}, {**SESSION, "user_id": "bob"}):
        with refused() as refusal:
            await stub.ListMessages(rpc.ListMessagesRequest(**fields))
        assert (refusal.code, refusal.reason) == (Code.NOT_FOUND, "SESSION_NOT_FOUND")


async def test_sessions_are_listed_by_page_and_filter(stub: WorkingMemoryStub) -> None:
    """The latest written first, narrowed by namespace and owner; empty is a namespace too."""
    for index in range(9):
        await append(
            stub,
            said("x"),
            session_id=f"s{index}",
            namespace="" if index % 3 == 0 else "chat",
            user_id="alice" if index % 2 else "",
        )
    request = rpc.ListSessionsRequest(page_size=4)
    seen: list[str] = []
    while True:
        page = await stub.ListSessions(request)
        seen += [session.session_id for session in page.sessions]
        assert page.total_size == 9
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert seen == [f"s{index}" for index in reversed(range(9))]
    narrowed: list[tuple[dict[str, Any], list[str]]] = [
        ({"namespace": ""}, ["s6", "s3", "s0"]),
        ({"user_id": "alice"}, ["s7", "s5", "s3", "s1"]),
        ({"user_id": "alice", "namespace": ""}, ["s3"]),
        ({"user_id": "nobody"}, []),
    ]
    for fields, names in narrowed:
        found = await stub.ListSessions(rpc.ListSessionsRequest(**fields))
        assert [session.session_id for session in found.sessions] == names
        assert found.total_size == len(names)
    other = await stub.ListSessions(
        rpc.ListSessionsRequest(), metadata=[("x-agent-memory-tenant", "other")]
    )
    assert other.total_size == 0
    request.namespace = "chat"
    request.page_token = (
        await stub.ListSessions(rpc.ListSessionsRequest(page_size=1))
    ).next_page_token
    with refused() as refusal:
        await stub.ListSessions(request)
    assert refusal.reason == "INVALID_TOKEN"


async def test_writers_at_the_same_time_all_succeed(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Eight clients append and set; every message is in the log and reaches extraction once."""

    async def write(writer: int) -> None:
        await append(stub, said(f"append {writer}"))
        memory = wm.WorkingMemory(messages=[said(f"set {writer}")], **SESSION)
        await stub.SetWorkingMemory(rpc.SetWorkingMemoryRequest(working_memory=memory))

    await asyncio.gather(*map(write, range(8)))
    log = await stub.ListMessages(rpc.ListMessagesRequest(**SESSION))
    expected = sorted(f"{kind} {i}" for kind in ("append", "set") for i in range(8))
    assert sorted(message.content for message in log.messages) == expected
    await eventually(lambda: len(neighbours.extraction.said) == 16)
    assert sorted(neighbours.extraction.said) == expected
