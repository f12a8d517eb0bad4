"""Calls to a process that has too little of everything: time, connections, a store that answers."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import pytest_asyncio

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.support.held_line import HeldLine
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stores import emptied

_PATIENCE_SECONDS = 60.0
_CALLS = 90
_STALLS = 8
_SEED = 7
# Told to come back, or cut short by the caller's own deadline.
_FINE = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNAVAILABLE,
    }
)


@pytest_asyncio.fixture(loop_scope="module")
async def starved(redis_url: str) -> AsyncIterator[tuple[Any, HeldLine]]:
    """A stub of a service with two connections and few places, and its line to the store."""
    line = HeldLine(redis_url.removeprefix("redis://").split("/")[0])
    async with emptied(redis_url), line.running():
        settings = configured(
            Settings,
            redis_url=f"redis://{line.address}",
            redis_max_connections=2,
            max_concurrent_calls=6,
            metrics_listen="",
            access_log=False,
            shards=2,
        )
        async with serving(lifespan, settings) as served:
            yield LongTermMemoryServiceStub(served.channel), line


async def _call(stub: Any, number: int, seconds: float) -> grpc.StatusCode:
    """Make one of three kinds of calls; how it ended."""
    word = f"word{number % 7}"
    metadata = (("x-agent-memory-tenant", "one"),)
    create = rpc.CreateMemoriesRequest(memories=[Memory(text=f"User likes {word}.")] * 3)
    search = rpc.SearchMemoriesRequest(query=SearchQuery(text=f"Who likes {word}?"))
    made = (
        stub.CreateMemories(create, metadata=metadata, timeout=seconds),
        stub.SearchMemories(search, metadata=metadata, timeout=seconds),
        stub.ListMemories(rpc.ListMemoriesRequest(), metadata=metadata, timeout=seconds),
    )
    call = made[number % 3]
    for other in made:
        if other is not call:
            other.cancel()
    with suppress(grpc.aio.AioRpcError):
        await call
    code: grpc.StatusCode = await call.code()
    return code


async def _stall(line: HeldLine) -> None:
    """Take the time of the loop, and of the store, again and again."""
    for _ in range(_STALLS):
        line.hold()
        await asyncio.sleep(0.02)
        time.sleep(0.1)  # noqa: ASYNC251 - nobody may run meanwhile
        line.let_go()
        await asyncio.sleep(0.02)


async def test_every_call_ends_and_none_takes_anything_with_it(
    starved: tuple[Any, HeldLine],
) -> None:
    """Many are cancelled at any moment while the others wait for time, places and connections."""
    stub, line = starved
    chance = random.Random(_SEED)
    seconds = [chance.choice((_PATIENCE_SECONDS, chance.random())) for _ in range(_CALLS)]
    async with asyncio.timeout(_PATIENCE_SECONDS / 2), asyncio.TaskGroup() as group:
        group.create_task(_stall(line))
        calls = [
            group.create_task(_call(stub, number, each)) for number, each in enumerate(seconds)
        ]
    assert {call.result() for call in calls} <= _FINE
    # All at once, and so each has to have its place and its connection in turn.
    async with asyncio.timeout(_PATIENCE_SECONDS / 2):
        codes = await asyncio.gather(*(_call(stub, number, 30.0) for number in range(12)))
    assert set(codes) == {grpc.StatusCode.OK}
