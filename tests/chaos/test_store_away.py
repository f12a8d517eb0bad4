"""The store is gone or stands still: calls say so in time, and nothing pretends to be empty."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agent_memory_client import MemoryAPIClient, MemoryTimeoutError, MemoryUnavailableError
from agent_memory_client.models import MemoryMessage, MemoryRecord, WorkingMemory
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from tests.e2e.conftest import QUICK

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALL_SECONDS = 2.0
SAID = MemoryMessage(id="one", role="user", content="I love chess.")
RECORD = MemoryRecord(id="a-memory", text="User owns a chess board", user_id="cleo")


@dataclass(frozen=True)
class World:
    """A store, and a client of a stack that uses it."""

    store: EmbeddedStore
    memory: MemoryAPIClient

    @property
    def calls(self) -> Mapping[str, Callable[[], Awaitable[Any]]]:
        """Calls that need the store."""
        memory, replaced = self.memory, WorkingMemory(messages=[SAID])
        return {
            "get": lambda: memory.get_working_memory("chess"),
            "get or create": lambda: memory.get_or_create_working_memory("chess"),
            "set": lambda: memory.set_working_memory("chess", replaced),
            "append": lambda: memory.append_messages_to_working_memory("chess", [SAID]),
            "sessions": memory.list_sessions,
            "messages": lambda: memory.list_messages("chess"),
            "prompt": lambda: memory.memory_prompt("?", session_id="chess", long_term_search=True),
            "search": lambda: memory.search_long_term_memory("chess"),
            "list": lambda: memory.search_long_term_memory(""),
            "record": lambda: memory.get_long_term_memory("a-memory"),
            "jobs": memory.list_jobs,
        }

    async def everything_is_there(self) -> None:
        """What was stored before is read again."""
        assert (await self.memory.get_long_term_memory("a-memory")).text == RECORD.text
        assert len((await self.memory.get_working_memory("chess")).messages) == 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A session and a memory, in a stack beside its store."""
    folder: Path = tmp_path_factory.mktemp("stack")
    async with EmbeddedStore(folder / "store") as store:
        options = StackOptions(state_dir=folder, redis_url=store.url, environment=QUICK)
        async with (
            Stack(options) as stack,
            MemoryAPIClient(base_url=f"http://{stack.address}", timeout=CALL_SECONDS) as memory,
        ):
            await memory.append_messages_to_working_memory("chess", [SAID], user_id="cleo")
            await memory.create_long_term_memories([RECORD])
            yield World(store, memory)


async def test_a_store_that_stands_still_is_late_and_never_empty(world: World) -> None:
    """For five seconds every call ends in time, as unavailable or too late and in no other way."""

    async def refused(call: Callable[[], Awaitable[Any]]) -> None:
        with pytest.raises((MemoryUnavailableError, MemoryTimeoutError)):
            async with asyncio.timeout(10 * CALL_SECONDS):
                await call()

    paused = time.monotonic()
    os.kill(world.store.child.pid, signal.SIGSTOP)
    try:
        while time.monotonic() - paused < 5:
            await asyncio.gather(*map(refused, world.calls.values()))
    finally:
        os.kill(world.store.child.pid, signal.SIGCONT)
    await world.everything_is_there()


async def test_a_dead_store_is_unavailable_and_never_empty(world: World) -> None:
    """Reads and writes are refused as UNAVAILABLE while the store is dead, and work again later."""
    await world.store.child.kill()
    for name, call in world.calls.items():
        with pytest.raises(MemoryUnavailableError) as refused:
            await call()
        assert refused.value.reason in {"STORE_UNAVAILABLE", "DEPENDENCY_UNAVAILABLE"}, name
    await world.store.child.start()
    await world.store.child.ready(world.store._complete, within=30)
    await world.everything_is_there()
