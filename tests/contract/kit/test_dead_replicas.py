"""Calls over two replicas, of which one is gone from one moment to the next."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.client.channels import acting_for, open_channel
from tests.contract.kit.test_moved_replicas import READ, replica
from tests.support.wire import Wire

_HOST = "127.0.0.1"


@asynccontextmanager
async def leaving() -> AsyncIterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """A target of two replicas, and how one of them dies."""
    port = free_port(_HOST)
    stays, leaves, gone = Wire(port), Wire(port), asyncio.Event()
    async with replica(_HOST, port), stays.laid() as one, asyncio.TaskGroup() as group:
        other: asyncio.Future[str] = asyncio.Future()

        async def live() -> None:
            async with leaves.laid() as address:
                other.set_result(str(address))
                await gone.wait()

        life = group.create_task(live())

        async def die() -> None:
            gone.set()
            await life

        yield f"ipv4:{one},{await other}", die
        await die()


async def _all_answered(
    call: Callable[[], Awaitable[Any]], die: Callable[[], Awaitable[None]]
) -> None:
    await asyncio.gather(*(call() for _ in range(20)))
    await die()
    for _ in range(5):
        await asyncio.gather(*(call() for _ in range(20)))


async def test_a_service_calls_the_other_one() -> None:
    """No call fails, from the first one after the death on."""
    async with leaving() as (target, die), open_channel(target) as channel:
        stub = WorkingMemoryServiceStub(channel)
        with acting_for("acme"):
            await _all_answered(lambda: stub.GetWorkingMemory(READ), die)


async def test_a_client_calls_the_other_one() -> None:
    """No call fails there either."""
    async with leaving() as (target, die), MemoryAPIClient(target) as memory:
        await _all_answered(lambda: memory.get_working_memory("s"), die)
