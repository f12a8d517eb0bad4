"""Watching memories, over a real connection."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.filter_pb2 import (
    MemoryFilter,
    NumberFilter,
    TagFilter,
    TimeFilter,
    TypeFilter,
)
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from agent_memory_services.long_term_memory.store.documents import shard_of
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.support.servers import serving
from tests.support.settings import configured

Code = grpc.StatusCode
CREATED = ltm.MEMORY_CHANGE_KIND_CREATED
UPDATED = ltm.MEMORY_CHANGE_KIND_UPDATED
DELETED = ltm.MEMORY_CHANGE_KIND_DELETED


class Watching:
    """A watch of a tenant's memories.

    Attributes:
        token: what the latest answer carried.
    """

    def __init__(self, tenant: Tenant, *, resume_token: str = "", **conditions: Any) -> None:
        request = rpc.WatchMemoriesRequest(
            filter=MemoryFilter(**conditions), resume_token=resume_token
        )
        metadata = (("x-agent-memory-tenant", tenant.name),)
        self.call = tenant.stub.WatchMemories(request, metadata=metadata, timeout=120)
        self.token = resume_token

    async def begun(self) -> "Watching":
        """After its first checkpoint."""
        assert not (await self.answer()).HasField("change")
        return self

    async def answer(self) -> rpc.WatchMemoriesResponse:
        """The next answer."""
        answer = await self.call.read()
        assert answer is not grpc.aio.EOF
        self.token = answer.resume_token
        return answer

    async def change(self) -> ltm.MemoryChange:
        """The next change."""
        while not (answer := await self.answer()).HasField("change"):
            pass
        return answer.change

    async def changes(self, number: int) -> list[ltm.MemoryChange]:
        """The next changes."""
        return [await self.change() for _ in range(number)]


async def delete(tenant: Tenant, *memory_ids: str) -> None:
    """Delete memories."""
    await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=memory_ids))


def kinds(changes: Sequence[ltm.MemoryChange]) -> list[int]:
    """What happened."""
    return [change.kind for change in changes]


async def test_every_change_is_told_in_order(tenant: Tenant, neighbour: Tenant) -> None:
    """With the memory after it, of this tenant alone, and from now on."""
    await tenant.create("likes milk")
    watching = await Watching(tenant).begun()
    await neighbour.create("likes tea")
    [result] = await tenant.create("likes tea")
    memory = result.memory
    edited = await tenant.update(Memory(id=memory.id, text="likes coffee"))
    [back] = (
        await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=memory.id))
    ).memories
    await delete(tenant, memory.id)
    changes = await watching.changes(4)
    assert kinds(changes) == [CREATED, UPDATED, UPDATED, DELETED]
    assert [change.memory for change in changes] == [memory, edited, back, Memory()]
    assert not changes[-1].HasField("memory")
    assert {change.memory_id for change in changes} == {memory.id}
    assert all(change.HasField("change_time") for change in changes)


async def test_a_filter_chooses_what_is_told(tenant: Tenant) -> None:
    """A change is told where the memory matched before it or matches after it."""
    watching = await Watching(
        tenant,
        user_id=TagFilter(eq="alice"),
        type=TypeFilter(none=[MemoryType.MEMORY_TYPE_MESSAGE]),
    ).begun()
    await tenant.create(
        Memory(text="a", user_id="bob"),
        Memory(text="a", user_id="alice", type=MemoryType.MEMORY_TYPE_MESSAGE),
    )
    [mine] = await tenant.create(Memory(text="b", user_id="alice"))
    await tenant.update(Memory(id=mine.memory_id, user_id="bob"))
    await tenant.update(Memory(id=mine.memory_id, slot="s"))
    await tenant.update(Memory(id=mine.memory_id, user_id="alice"))
    await delete(tenant, mine.memory_id)
    changes = await watching.changes(4)
    assert kinds(changes) == [CREATED, UPDATED, UPDATED, DELETED]
    assert [change.memory.user_id for change in changes] == ["alice", "bob", "alice", ""]


async def test_a_watch_resumes_where_it_ended(tenant: Tenant) -> None:
    """Every change once, from the token of any answer, a checkpoint's too."""
    watching = await Watching(tenant).begun()
    tokens = [watching.token]
    for text in "abc":
        await tenant.create(text)
        await watching.change()
        tokens.append(watching.token)
    watching.call.cancel()
    await tenant.create("d")
    for told, token in enumerate(tokens):
        resumed = Watching(tenant, resume_token=token)
        changes = await resumed.changes(4 - told)
        assert [change.memory.text for change in changes] == list("abcd")[told:]
        await resumed.begun()
        resumed.call.cancel()


async def test_silence_is_broken_by_checkpoints(tenant: Tenant, redis_url: str) -> None:
    """Also while much happens that does not concern the watcher; their tokens go on."""
    settings = configured(
        Settings, redis_url=redis_url, metrics_listen="", shards=2, watch_checkpoint_seconds=0.1
    )
    async with serving(lifespan, settings) as served:
        other = Tenant(LongTermMemoryServiceStub(served.channel), tenant.name)
        watching = await Watching(other, topics=TagFilter(eq="never")).begun()
        first = watching.token
        async with asyncio.timeout(120), asyncio.TaskGroup() as background:
            writing = background.create_task(_write_without_end(tenant))
            while watching.token == first:
                assert not (await watching.answer()).HasField("change")
            writing.cancel()


async def _write_without_end(tenant: Tenant) -> None:
    for number in count():
        await tenant.create(f"fact {number}")


async def test_a_token_belongs_to_its_watch(tenant: Tenant, neighbour: Tenant) -> None:
    """A damaged one, another tenant's and another filter's are refused."""
    watching = await Watching(tenant).begun()
    for other in (
        Watching(tenant, resume_token=watching.token[:-1]),
        Watching(neighbour, resume_token=watching.token),
        Watching(tenant, resume_token=watching.token, slot=TagFilter(eq="s")),
    ):
        with refused() as refusal:
            await other.answer()
        assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_TOKEN")


async def test_a_token_that_is_too_old_is_refused(tenant: Tenant, redis_url: str) -> None:
    """The caller learns that it missed something, instead of missing it."""
    watching = await Watching(tenant).begun()
    await tenant.create("a", "b")
    async with connect(redis_url) as client:
        feed = shard_of(tenant.name, 2).feed(tenant.name)
        await client.xtrim(feed, maxlen=1, approximate=False)
    with refused() as refusal:
        await Watching(tenant, resume_token=watching.token).answer()
    assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_TOKEN")
    assert "forgotten" in refusal.message


@pytest.mark.parametrize(
    "conditions",
    [
        {"access_count": NumberFilter(gt=1)},
        {"none_of": [MemoryFilter(last_access_time=TimeFilter(gt=Timestamp(seconds=1)))]},
    ],
)
async def test_accesses_cannot_be_watched(tenant: Tenant, conditions: dict[str, Any]) -> None:
    """Being found is no change, so a filter on it would wait for ever."""
    with refused() as refusal:
        await Watching(tenant, **conditions).answer()
    assert (refusal.code, list(refusal.fields)) == (Code.INVALID_ARGUMENT, ["filter"])


async def test_a_drain_ends_watches_with_a_token(redis_url: str) -> None:
    """Watchers are told to go elsewhere, where their last token goes on."""
    settings = configured(Settings, redis_url=redis_url, metrics_listen="", shards=2)
    async with AsyncExitStack() as stack:
        async with serving(lifespan, settings, drain_seconds=30) as served:
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(served.address))
            tenant = Tenant(LongTermMemoryServiceStub(channel), "drained")
            watching = await Watching(tenant).begun()
            [result] = await tenant.create("a")
            await watching.change()
        with refused() as refusal:
            while True:
                await watching.answer()
        assert (refusal.code, refusal.reason) == (Code.UNAVAILABLE, "SHUTTING_DOWN")
    async with serving(lifespan, settings) as served:
        again = Tenant(LongTermMemoryServiceStub(served.channel), "drained")
        await delete(again, result.memory_id)
        resumed = Watching(again, resume_token=watching.token)
        assert kinds(await resumed.changes(1)) == [DELETED]
        resumed.call.cancel()


async def test_a_deadline_ends_a_watch(tenant: Tenant) -> None:
    """A watch lasts no longer than the caller wants."""
    call = tenant.stub.WatchMemories(rpc.WatchMemoriesRequest(), timeout=0.5)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        _ = [answer async for answer in call]
    assert raised.value.code() == Code.DEADLINE_EXCEEDED
