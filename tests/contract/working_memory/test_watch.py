"""Watching sessions, over a real connection."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.working_memory.api.process import lifespan
from agent_memory_services.working_memory.api.settings import Settings
from agent_memory_services.working_memory.domain.session import Change, SessionKey, State
from agent_memory_services.working_memory.store.sessions import SessionStore
from tests.contract.working_memory.conftest import Neighbours
from tests.support.raw import next_of
from tests.support.servers import serving
from tests.support.stubs import WorkingMemoryStub

CREATED = wm.SESSION_CHANGE_KIND_CREATED
MESSAGES = wm.SESSION_CHANGE_KIND_MESSAGES
UPDATED = wm.SESSION_CHANGE_KIND_UPDATED
SUMMARIZED = wm.SESSION_CHANGE_KIND_SUMMARIZED
DELETED = wm.SESSION_CHANGE_KIND_DELETED


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With checkpoints that tests can wait for."""
    return settings.model_copy(update={"watch_checkpoint_seconds": 0.2})


class Watching:
    """A watch of a session that has begun.

    Attributes:
        token: what the latest answer carried.
    """

    def __init__(self, stub: WorkingMemoryStub, session: str = "s1", **fields: Any) -> None:
        self.call = stub.WatchWorkingMemory(
            rpc.WatchWorkingMemoryRequest(session_id=session, **fields), timeout=60
        )
        self.token = fields.get("resume_token", "")

    async def begun(self) -> "Watching":
        """After its first checkpoint."""
        assert not (await self.answer()).HasField("change")
        return self

    async def answer(self) -> rpc.WatchWorkingMemoryResponse:
        """The next answer."""
        answer = await next_of(self.call)
        self.token = answer.resume_token
        return answer

    async def change(self) -> wm.SessionChange:
        """The next change."""
        while not (answer := await self.answer()).HasField("change"):
            pass
        return answer.change

    async def changes(self, count: int) -> list[wm.SessionChange]:
        """The next changes."""
        return [await self.change() for _ in range(count)]

    async def refusal(self) -> grpc.aio.AioRpcError:
        """How it ends."""
        try:
            while True:
                await self.answer()
        except grpc.aio.AioRpcError as refused:
            return refused


async def append(
    stub: WorkingMemoryStub, *contents: str, session: str = "s1", **fields: Any
) -> rpc.AppendMessagesResponse:
    """Append messages."""
    messages = [Message(role="user", content=content) for content in contents]
    return await stub.AppendMessages(
        rpc.AppendMessagesRequest(session_id=session, messages=messages, **fields)
    )


async def test_every_kind_of_change_is_told_in_order(stub: WorkingMemoryStub) -> None:
    """With the etag after it; messages with their sequences."""
    watching = await Watching(stub).begun()
    first = await append(stub, "a", "b", session="other")
    first = await append(stub, "a", "b")
    updated = await stub.UpdateWorkingMemory(
        rpc.UpdateWorkingMemoryRequest(
            working_memory=wm.WorkingMemory(session_id="s1", context="c")
        )
    )
    second = await append(stub, "c")
    await stub.DeleteWorkingMemory(rpc.DeleteWorkingMemoryRequest(session_id="s1"))
    changes = await watching.changes(5)
    assert [change.kind for change in changes] == [CREATED, MESSAGES, UPDATED, MESSAGES, DELETED]
    assert [change.etag for change in changes] == [
        first.etag,
        first.etag,
        updated.working_memory.etag,
        second.etag,
        "",
    ]
    assert all(change.HasField("change_time") for change in changes)


async def test_messages_come_with_their_sequences(stub: WorkingMemoryStub) -> None:
    """As the log has them."""
    watching = await Watching(stub).begun()
    await append(stub, "a", "b")
    await append(stub, "c")
    _, one, other = await watching.changes(3)
    told = [(m.sequence, m.content) for change in (one, other) for m in change.messages]
    assert told == [(1, "a"), (2, "b"), (3, "c")]


async def test_a_set_is_an_update_and_its_new_messages(stub: WorkingMemoryStub) -> None:
    """Messages that were there before are not told again."""
    await append(stub, "a")
    watching = await Watching(stub).begun()
    messages = [Message(role="user", content=content) for content in ("a", "b")]
    await stub.SetWorkingMemory(
        rpc.SetWorkingMemoryRequest(
            working_memory=wm.WorkingMemory(session_id="s1", messages=messages)
        )
    )
    one, other = await watching.changes(2)
    assert (one.kind, other.kind) == (UPDATED, MESSAGES)
    assert [message.content for message in other.messages] == ["b"]


async def test_a_watch_resumes_where_it_ended(stub: WorkingMemoryStub) -> None:
    """Every change once, from any token, also that of a checkpoint."""
    watching = await Watching(stub).begun()
    tokens = [watching.token]
    for content in ("a", "b", "c"):
        await append(stub, content)
    for _ in range(4):
        await watching.change()
        tokens.append(watching.token)
    watching.call.cancel()
    await append(stub, "d")
    for number, token in enumerate(tokens):
        resumed = Watching(stub, resume_token=token)
        rest = await resumed.changes(5 - number)
        assert [m.content for change in rest for m in change.messages] == list("abcd")[
            max(0, number - 1) :
        ]
        resumed.call.cancel()


async def test_a_watch_that_hears_nothing_gets_checkpoints(stub: WorkingMemoryStub) -> None:
    """Their tokens go on even while only other sessions change."""
    watching = await Watching(stub).begun()
    first = watching.token
    for number in range(8):
        await append(stub, "x", session=f"other{number}")
    async with asyncio.timeout(120):
        while watching.token == first:
            assert not (await watching.answer()).HasField("change")


async def test_the_end_of_a_sessions_time_is_told(stub: WorkingMemoryStub) -> None:
    """Without anybody writing to its partition."""
    watching = await Watching(stub).begun()
    await stub.SetWorkingMemory(
        rpc.SetWorkingMemoryRequest(
            working_memory=wm.WorkingMemory(session_id="s1", ttl=Duration(seconds=1))
        )
    )
    *_, last = await watching.changes(2)
    assert last.kind == DELETED


async def test_a_summary_is_told(stub: WorkingMemoryStub, neighbours: Neighbours) -> None:
    """With the etag that a reader finds then."""
    watching = await Watching(stub).begun()
    await append(stub, *(f"message {n}" for n in range(12)), window=wm.ContextWindow(max_tokens=60))
    *_, summarized = await watching.changes(3)
    assert summarized.kind == SUMMARIZED
    got = await stub.GetWorkingMemory(rpc.GetWorkingMemoryRequest(session_id="s1"))
    assert got.working_memory.etag == summarized.etag
    assert got.working_memory.context_range.first == 1
    assert len(neighbours.extraction.summarized) == 1


async def test_another_users_session_is_not_told_of(stub: WorkingMemoryStub) -> None:
    """A watch of it is refused; one that began before it came hears nothing of it."""
    early = await Watching(stub, user_id="bob").begun()
    await append(stub, "secret", user_id="alice")
    assert (await Watching(stub, user_id="bob").refusal()).code() == grpc.StatusCode.NOT_FOUND
    await stub.DeleteWorkingMemory(rpc.DeleteWorkingMemoryRequest(session_id="s1"))
    await append(stub, "mine", user_id="bob")
    changes = await early.changes(2)
    while not changes[-1].messages:
        changes.append(await early.change())
    assert [m.content for change in changes for m in change.messages] == ["mine"]


@pytest.mark.parametrize(
    "spoil", [lambda _: "nonsense", lambda token: token[:-1], lambda token: token + "A"]
)
async def test_a_damaged_token_is_refused(
    stub: WorkingMemoryStub, spoil: Callable[[str], str]
) -> None:
    """It says which field is wrong."""
    watching = await Watching(stub).begun()
    spoiled = Watching(stub, resume_token=spoil(watching.token))
    assert (await spoiled.refusal()).code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_token_holds_for_its_session_alone(stub: WorkingMemoryStub) -> None:
    """Another session's is refused."""
    watching = await Watching(stub).begun()
    other = Watching(stub, "s2", resume_token=watching.token)
    assert (await other.refusal()).code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_token_that_is_too_old_is_refused(stub: WorkingMemoryStub, redis: Redis) -> None:
    """The caller learns that it missed something, instead of missing it."""
    watching = await Watching(stub).begun()
    token = watching.token
    await append(stub, "a")
    await append(stub, "b")
    for key in await redis.keys("am:wm:*:changes"):
        await redis.xtrim(key, maxlen=1, approximate=False)
    refused = await Watching(stub, resume_token=token).refusal()
    assert refused.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "forgotten" in str(refused.details())


async def test_the_stream_of_changes_is_bounded(redis: Redis) -> None:
    """Its length stays about ten thousand, whatever happens."""
    key = "am:wm:{p00}:changes"
    async with redis.pipeline(transaction=False) as pipeline:
        for _ in range(12_000):
            pipeline.xadd(key, {"session": "x", "kind": "created", "at": 1})
        await pipeline.execute()
    await SessionStore(redis, 1).write(SessionKey("acme", "", "s"), Change(state=State()))
    assert 10_000 <= await redis.xlen(key) < 10_200


async def test_a_drain_ends_watches_with_the_reason(settings: Settings) -> None:
    """Watchers are told to go elsewhere, at once."""
    async with AsyncExitStack() as stack:
        async with serving(lifespan, settings, drain_seconds=60) as served:
            channel = grpc.aio.insecure_channel(served.address)
            await stack.enter_async_context(channel)
            watching = await Watching(WorkingMemoryServiceStub(channel)).begun()
            ending = asyncio.create_task(watching.refusal())
        refused = await ending
    assert refused.code() == grpc.StatusCode.UNAVAILABLE
    assert "shutting down" in str(refused.details())
