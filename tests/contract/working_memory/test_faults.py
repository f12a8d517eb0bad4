"""What every method answers when its store is away, full, or too slow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import grpc
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.working_memory.api.process import lifespan
from agent_memory_services.working_memory.api.settings import Settings
from tests.contract.kit.refusals import refused
from tests.contract.working_memory.conftest import Neighbours
from tests.support.listening import connected_to, listening
from tests.support.servers import serving
from tests.support.stubs import WorkingMemoryStub
from tests.support.waiting import eventually

Code = grpc.StatusCode
MESSAGE = Message(role="user", content="x")

READS: dict[str, object] = {
    "GetWorkingMemory": rpc.GetWorkingMemoryRequest(session_id="s"),
    "ListSessions": rpc.ListSessionsRequest(),
    "ListMessages": rpc.ListMessagesRequest(session_id="s"),
    "BuildMemoryPrompt": rpc.BuildMemoryPromptRequest(
        query="q", session=rpc.PromptSession(session_id="s")
    ),
}
WRITES: dict[str, object] = {
    "GetOrCreateWorkingMemory": rpc.GetOrCreateWorkingMemoryRequest(session_id="s"),
    "SetWorkingMemory": rpc.SetWorkingMemoryRequest(
        working_memory=wm.WorkingMemory(session_id="s", messages=[MESSAGE])
    ),
    "AppendMessages": rpc.AppendMessagesRequest(session_id="s", messages=[MESSAGE]),
    "AddMemories": rpc.AddMemoriesRequest(session_id="s", memories=[Memory(text="x")]),
    "UpdateWorkingMemory": rpc.UpdateWorkingMemoryRequest(
        working_memory=wm.WorkingMemory(session_id="s", context="x")
    ),
    "DeleteWorkingMemory": rpc.DeleteWorkingMemoryRequest(session_id="s"),
}
CALLS = {**READS, **WRITES}


class Proxy:
    """Passes bytes on to the store, or holds them back."""

    def __init__(self, target: str) -> None:
        """Stand before `target`, `host:port`."""
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._running = AsyncExitStack()
        self._callers: list[asyncio.StreamWriter] = []
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        address = await self._running.enter_async_context(listening(self._connected))
        self.url = f"redis://{address}"

    async def stop(self) -> None:
        """Break every connection and take no new one."""
        await self._running.aclose()

    def cut(self) -> None:
        """Break every connection, and take new ones."""
        for writer in self._callers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.append(writer)
        async with connected_to(self._host, self._port) as (there, back):
            await asyncio.gather(
                self._pass(reader, back), self._pass(there, writer), return_exceptions=True
            )

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self.flowing.wait()
            writer.write(data)
        writer.close()


@pytest.fixture
async def proxy(redis_url: str) -> AsyncIterator[Proxy]:
    """A way to the store that a test can break."""
    proxy = Proxy(redis_url.removeprefix("redis://").rstrip("/").split("/")[0])
    await proxy.start()
    yield proxy
    await proxy.stop()


async def test_a_store_that_is_away_is_unavailable(settings: Settings, proxy: Proxy) -> None:
    """UNAVAILABLE with a time to wait from every method: never not found, never empty."""
    behind = settings.model_copy(update={"redis_url": proxy.url, "redis_timeout_seconds": 0.5})
    async with serving(lifespan, behind) as served:
        stub = WorkingMemoryServiceStub(served.channel)
        await stub.AppendMessages(rpc.AppendMessagesRequest(session_id="s", messages=[MESSAGE]))
        await proxy.stop()
        for method, request in CALLS.items():
            with refused() as refusal:
                await getattr(stub, method)(request, timeout=60)
            seen = (method, refusal.code, refusal.reason)
            assert seen == (method, Code.UNAVAILABLE, "STORE_UNAVAILABLE")
            assert refusal.retry_after > 0


async def test_a_deadline_ends_a_call_that_waits(settings: Settings, proxy: Proxy) -> None:
    """A store that hangs holds no caller longer than the caller wants, whatever the method."""
    behind = settings.model_copy(update={"redis_url": proxy.url})
    async with serving(lifespan, behind) as served:
        stub = WorkingMemoryServiceStub(served.channel)
        await stub.ListSessions(rpc.ListSessionsRequest())
        proxy.flowing.clear()
        for method, request in CALLS.items():
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await getattr(stub, method)(request, timeout=0.1)
            assert (method, raised.value.code()) == (method, Code.DEADLINE_EXCEEDED)
        proxy.flowing.set()


async def test_a_full_store_refuses_writes_and_answers_reads(
    stub: WorkingMemoryStub, redis: Redis
) -> None:
    """RESOURCE_EXHAUSTED with a time to wait."""
    await stub.AppendMessages(rpc.AppendMessagesRequest(session_id="s", messages=[MESSAGE]))
    await redis.config_set("maxmemory", "1")
    try:
        with refused() as refusal:
            await stub.AppendMessages(rpc.AppendMessagesRequest(session_id="s", messages=[MESSAGE]))
        found = await stub.GetWorkingMemory(rpc.GetWorkingMemoryRequest(session_id="s"))
    finally:
        await redis.config_set("maxmemory", "0")
    assert (refusal.code, refusal.reason) == (Code.RESOURCE_EXHAUSTED, "STORE_FULL")
    assert refusal.retry_after > 0
    assert len(found.working_memory.messages) == 1


async def test_the_store_comes_back_and_nothing_is_missing(
    settings: Settings, neighbours: Neighbours, proxy: Proxy
) -> None:
    """A process outlives its store's absence, and so does what it still had to deliver."""
    behind = settings.model_copy(update={"redis_url": proxy.url, "redis_timeout_seconds": 0.5})
    async with serving(lifespan, behind) as served:
        stub = WorkingMemoryServiceStub(served.channel)
        request = rpc.AppendMessagesRequest(session_id="s", messages=[MESSAGE])
        await stub.AppendMessages(request)
        proxy.cut()
        async with asyncio.timeout(120):
            while True:
                try:
                    await stub.AppendMessages(request)
                    break
                except grpc.aio.AioRpcError as error:
                    assert error.code() is Code.UNAVAILABLE  # noqa: PT017 - the loop decides
        log = await stub.ListMessages(rpc.ListMessagesRequest(session_id="s"))
        await eventually(lambda: len(neighbours.extraction.said) >= log.total_size)
