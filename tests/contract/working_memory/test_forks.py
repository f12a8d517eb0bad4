"""ForkWorkingMemory, and sessions that live for a time by default or as long as they are read."""

from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.working_memory.api.process import lifespan
from agent_memory_services.working_memory.api.settings import DefaultTtl, Settings
from agent_memory_services.working_memory.domain.session import SessionKey
from agent_memory_services.working_memory.sessions import forks
from agent_memory_services.working_memory.store import records
from tests.contract.kit.refusals import refused
from tests.contract.working_memory.conftest import Neighbours
from tests.support.servers import serving
from tests.support.stubs import WorkingMemoryStub
from tests.support.waiting import eventually

HOUR = 3600


async def append(stub: WorkingMemoryStub, session_id: str, *texts: str, **fields: Any) -> None:
    """Append messages whose ids are their texts."""
    messages = [Message(id=text, role="user", content=text) for text in texts]
    await stub.AppendMessages(
        rpc.AppendMessagesRequest(session_id=session_id, messages=messages, **fields)
    )


async def fork(stub: WorkingMemoryStub, **fields: Any) -> wm.WorkingMemory:
    """Fork the session `s`."""
    asked = {"session_id": "s", "new_session_id": "f", **fields}
    return (await stub.ForkWorkingMemory(rpc.ForkWorkingMemoryRequest(**asked))).working_memory


async def read(stub: WorkingMemoryStub, session_id: str) -> wm.WorkingMemory:
    """Read a session."""
    request = rpc.GetWorkingMemoryRequest(session_id=session_id)
    return (await stub.GetWorkingMemory(request)).working_memory


async def log(stub: WorkingMemoryStub, session_id: str) -> list[tuple[int, str]]:
    """The log of a session."""
    page = await stub.ListMessages(rpc.ListMessagesRequest(session_id=session_id))
    return [(message.sequence, message.content) for message in page.messages]


async def test_a_copy_begins_as_the_session_was_at_a_message(
    stub: WorkingMemoryStub, neighbours: Neighbours
) -> None:
    """Log, view, state and owner; each goes on by itself, and only what is new is handed over."""
    await append(stub, "s", "a", "b", "c", user_id="alice")
    placed = Memory(id="m", text="Likes tea.")
    await stub.AddMemories(rpc.AddMemoriesRequest(session_id="s", memories=[placed]))
    data = ParseDict({"seat": "window"}, Struct())
    given = wm.WorkingMemory(session_id="s", data=data, time_zone="Europe/Berlin")
    await stub.UpdateWorkingMemory(rpc.UpdateWorkingMemoryRequest(working_memory=given))
    before = await read(stub, "s")
    copy = await fork(stub, message_id="b")
    assert [(each.sequence, each.id) for each in copy.messages] == [(1, "a"), (2, "b")]
    assert (copy.user_id, copy.data, copy.time_zone) == ("alice", data, "Europe/Berlin")
    assert [memory.id for memory in copy.memories] == ["m"]
    assert copy.session_uid != before.session_uid
    assert copy.forked_from == wm.ForkOrigin(
        session_id="s", session_uid=before.session_uid, last_sequence=2
    )
    assert not copy.HasField("expire_time")
    await append(stub, "f", "d")
    await append(stub, "s", "e")
    assert await log(stub, "f") == [(1, "a"), (2, "b"), (3, "d")]
    assert await log(stub, "s") == [(1, "a"), (2, "b"), (3, "c"), (4, "e")]
    await eventually(lambda: sorted(neighbours.extraction.said) == ["a", "b", "c", "d", "e"])
    stored = [
        memory.id for each in neighbours.extraction.submitted for memory in each.request.memories
    ]
    assert stored == ["m"]
    withheld = [
        (each.request.first_withheld_sequence, each.request.last_withheld_sequence)
        for each in neighbours.extraction.submitted
        if each.request.session_uid == copy.session_uid and each.request.first_withheld_sequence
    ]
    assert withheld == [(1, 2)]


async def test_a_fork_that_was_interrupted_is_finished(
    stub: WorkingMemoryStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lives for an hour only until it is whole; asking again goes on, and again answers it."""
    await append(stub, "s", *(f"{at}" for at in range(10)))
    monkeypatch.setattr(forks, "_PART", 4)
    with monkeypatch.context() as broken:
        broken.setattr(forks, "_last_change", lambda *_: 1 / 0)
        with pytest.raises(grpc.aio.AioRpcError):
            await fork(stub)
    half = await read(stub, "f")
    assert (half.ttl.seconds, half.last_sequence, half.view_size) == (HOUR, 10, 2)
    copy = await fork(stub)
    assert [each.content for each in copy.messages] == [f"{at}" for at in range(10)]
    assert not copy.HasField("ttl")
    assert await fork(stub) == copy


async def test_a_summary_of_what_came_later_is_not_copied(
    stub: WorkingMemoryStub, redis: Redis
) -> None:
    """The messages that it covers are shown in its place."""
    await append(stub, "s", "a", "b", "c")
    address = records.SessionAddress.of(SessionKey("default", "", "s"), 4)
    summary = {"context": "They said a and b.", "context_first": 1, "context_last": 2}
    for name, value in summary.items():
        await redis.hset(address.parts.meta, name, str(value))
    await redis.ltrim(address.parts.view, 2, -1)
    whole = await fork(stub, new_session_id="whole")
    assert (whole.context, [each.id for each in whole.messages]) == ("They said a and b.", ["c"])
    first = await fork(stub, new_session_id="first", message_id="a")
    assert (first.context, [each.id for each in first.messages]) == ("", ["a"])


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"session_id": "nothing"}, "SESSION_NOT_FOUND"),
        ({"user_id": "bob"}, "SESSION_NOT_FOUND"),
        ({"message_id": "nothing"}, "INVALID_FIELD"),
        ({"new_session_id": "s"}, "INVALID_FIELD"),
        ({"new_session_id": "taken"}, "ID_ALREADY_EXISTS"),
        ({"new_session_id": "other"}, "ID_ALREADY_EXISTS"),
    ],
)
async def test_what_cannot_be_copied_is_refused(
    stub: WorkingMemoryStub, asked: dict[str, str], reason: str
) -> None:
    """Nothing that is there is written over."""
    await append(stub, "s", "a", "b", user_id="alice")
    await append(stub, "taken", "mine")
    await fork(stub, new_session_id="other", message_id="a")
    with refused() as refusal:
        await fork(stub, **asked)
    assert refusal.reason == reason
    assert await log(stub, "taken") == [(1, "mine")]


async def test_a_read_renews_a_time_to_live_that_slides(
    stub: WorkingMemoryStub, redis: Redis
) -> None:
    """No other one, and not the etag."""
    for name, slides in (("slides", True), ("stays", False)):
        given = wm.WorkingMemory(session_id=name, ttl=Duration(seconds=HOUR), sliding_ttl=slides)
        await stub.SetWorkingMemory(rpc.SetWorkingMemoryRequest(working_memory=given))
        before = await read(stub, name)
        assert before.sliding_ttl is slides
        address = records.SessionAddress.of(SessionKey("default", "", name), 4)
        early = before.expire_time.ToMicroseconds() - HOUR * 500_000
        await redis.hset(address.parts.meta, "expires", early)
        for key in (address.parts.meta, address.parts.view):
            await redis.pexpireat(key, early // 1000)
        after = await read(stub, name)
        assert after.etag == before.etag
        assert (after.expire_time.ToMicroseconds() > early) is slides
        left = await redis.pttl(address.parts.meta)
        assert (left > HOUR * 500) is slides
        mask = FieldMask(paths=["sliding_ttl"])
        changed = wm.WorkingMemory(session_id=name)
        request = rpc.UpdateWorkingMemoryRequest(working_memory=changed, update_mask=mask)
        assert not (await stub.UpdateWorkingMemory(request)).working_memory.sliding_ttl


async def test_a_namespace_gives_its_sessions_a_time_to_live(settings: Settings) -> None:
    """Where they say none, however they are created; what a caller says counts."""
    plans = {
        "trial": DefaultTtl(seconds=HOUR, sliding=True),
        "*": DefaultTtl(seconds=2 * HOUR),
    }
    settings = settings.model_copy(update={"default_ttls": plans})
    async with serving(lifespan, settings) as served:
        stub: WorkingMemoryStub = WorkingMemoryServiceStub(served.channel)
        message = Message(role="user", content="a")
        for namespace, ttl, slides in (("trial", HOUR, True), ("chat", 2 * HOUR, False)):
            place: dict[str, Any] = {"namespace": namespace, "session_id": "s"}
            request = rpc.AppendMessagesRequest(**place, messages=[message])
            await stub.AppendMessages(request)
            found = (
                await stub.GetWorkingMemory(rpc.GetWorkingMemoryRequest(**place))
            ).working_memory
            assert (found.ttl.seconds, found.sliding_ttl) == (ttl, slides)
            assert found.HasField("expire_time")
            given = wm.WorkingMemory(**place, ttl=Duration(seconds=60))
            for wanted, seconds in ((given, 60), (wm.WorkingMemory(**place), ttl)):
                written = rpc.SetWorkingMemoryRequest(working_memory=wanted)
                shown = (await stub.SetWorkingMemory(written)).working_memory
                assert shown.ttl.seconds == seconds
            place["session_id"] = "new"
            made = await stub.GetOrCreateWorkingMemory(rpc.GetOrCreateWorkingMemoryRequest(**place))
            assert made.working_memory.ttl.seconds == ttl
