"""How a request that breaks its contract is answered."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, ToolCall
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.servers import serving
from tests.support.stubs import WorkingMemoryStub

HI: dict[str, Any] = {"role": "user", "content": "hi"}
GOOD = Message(**HI)


@pytest.fixture
async def stub() -> AsyncIterator[WorkingMemoryStub]:
    """A stub of a service that takes whatever the contract allows."""
    async with serving(lifespan_of(Told()), ProcessSettings()) as served:
        yield WorkingMemoryServiceStub(served.channel)


async def test_the_field_at_fault_is_named_by_its_path(stub: WorkingMemoryStub) -> None:
    """Lists are indexed, and every fault is told, not just the first."""
    messages = [GOOD, GOOD, GOOD, Message(content="hi"), Message(role="user")]
    with refused() as refusal:
        await stub.AppendMessages(pb.AppendMessagesRequest(messages=messages))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.reason == "INVALID_FIELD"
    assert set(refusal.fields) == {"session_id", "messages[3].role", "messages[4]"}


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (
            pb.SetWorkingMemoryRequest(
                working_memory=WorkingMemory(session_id="s", memories=[Memory(topics=["a", ""])])
            ),
            "working_memory.memories[0].topics[1]",
        ),
        (
            pb.SetWorkingMemoryRequest(
                working_memory=WorkingMemory(session_id="s", ttl=Duration(nanos=1))
            ),
            "working_memory.ttl",
        ),
        (pb.SetWorkingMemoryRequest(), "working_memory"),
    ],
)
async def test_nested_fields_are_reached(
    stub: WorkingMemoryStub, request_: pb.SetWorkingMemoryRequest, path: str
) -> None:
    """Messages in messages and lists in lists."""
    with refused() as refusal:
        await stub.SetWorkingMemory(request_)
    assert list(refusal.fields) == [path]


async def test_a_rule_about_the_whole_request_has_no_path(stub: WorkingMemoryStub) -> None:
    """Its description says what is missing."""
    with refused() as refusal:
        await stub.BuildMemoryPrompt(pb.BuildMemoryPromptRequest(query="what?"))
    assert refusal.fields == {"": "at least one of session and long_term_search is required"}


async def test_values_do_not_come_back(stub: WorkingMemoryStub) -> None:
    """What a user said is not repeated in an error, where logs would keep it."""
    said = "my secret " * 30_000
    message = Message(role="user", content=said)
    with refused() as refusal:
        await stub.AppendMessages(pb.AppendMessagesRequest(session_id="s", messages=[message]))
    assert "my secret" not in refusal.everything
    assert list(refusal.fields) == ["messages[0]"]


async def test_a_request_wrong_all_over_is_still_answered_as_such(
    stub: WorkingMemoryStub,
) -> None:
    """Trailers that grow too large would replace the status by another one."""
    messages = [Message(role="", content="x")] * 1000
    with refused() as refusal:
        await stub.AppendMessages(pb.AppendMessagesRequest(messages=messages))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert len(refusal.fields) > 20
    assert refusal.status.ByteSize() < 6000
    assert "and 1000 more" in refusal.message


async def test_a_large_request_wrong_all_over_costs_no_more_than_a_sound_one(
    stub: WorkingMemoryStub,
) -> None:
    """Its first fault is told alone; to collect a million of them would hold up every caller."""
    request = pb.AppendMessagesRequest(session_id="s", messages=[Message()] * 100_000)
    with refused() as refusal:
        await stub.AppendMessages(request)
    assert refusal.reason == "INVALID_FIELD"
    assert list(refusal.fields) == ["messages"]


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (pb.AppendMessagesRequest(session_id="a b"), "session_id"),
        (
            pb.AppendMessagesRequest(
                messages=[GOOD, Message(**HI, tool_calls=[ToolCall(id="a b")])]
            ),
            "messages[1].tool_calls[0].id",
        ),
        (
            pb.AppendMessagesRequest(
                messages=[Message(**HI, create_time=Timestamp(seconds=300, nanos=1), name="a b")]
            ),
            "messages[0].name",
        ),
    ],
)
async def test_a_text_that_is_no_unicode_is_named_by_its_path(
    stub: WorkingMemoryStub, request_: pb.AppendMessagesRequest, path: str
) -> None:
    """Bytes that only another library would send, and half a character in UTF-8's form."""
    for bad in (b"\xff\xfe\xfd", b"\xed\xa0\x80"):
        data = request_.SerializeToString().replace(b"a b", bad)
        call = stub.AppendMessages
        call._request_serializer = lambda _, data=data: data  # type: ignore[attr-defined] # private
        with refused() as refusal:
            await call(request_)
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        assert (refusal.reason, list(refusal.fields)) == ("INVALID_FIELD", [path])


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05a", b"\x0b", b"\x0a" + b"\xff" * 20])
async def test_bytes_that_are_no_message_have_no_path(stub: WorkingMemoryStub, data: bytes) -> None:
    """They are refused all the same."""
    call = stub.AppendMessages
    call._request_serializer = lambda _: data  # type: ignore[attr-defined] # private
    with refused() as refusal:
        await call(pb.AppendMessagesRequest())
    assert list(refusal.fields) == [""]
