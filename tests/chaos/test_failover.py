"""A replica becomes the primary while callers write: nothing that was acknowledged is missing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent_memory_client import MemoryAPIClient, MemoryUnavailableError
from agent_memory_client.models import MemoryMessage, MemoryRecord
from agent_memory_services.embedded.stack import Stack, StackOptions
from tests.e2e.conftest import QUICK
from tests.support.failover import Pair

pytestmark = pytest.mark.long

CALLERS = 8
CALL_SECONDS = 20.0


class Tally:
    """What callers were told is stored.

    Attributes:
        messages: ids by session.
        memories: ids.
    """

    def __init__(self) -> None:
        self.messages: dict[str, list[str]] = {}
        self.memories: list[str] = []

    @property
    def size(self) -> int:
        """How much there is."""
        return len(self.memories) + sum(map(len, self.messages.values()))

    async def grows_by(self, number: int) -> None:
        """Wait until so much more is stored."""
        goal = self.size + number
        async with asyncio.timeout(60):
            while self.size < goal:
                await asyncio.sleep(0.02)


async def _repeated(call: Callable[[], Awaitable[object]]) -> None:
    """Call until it succeeds; the store may be away meanwhile."""
    async with asyncio.timeout(60):
        while True:
            try:
                await call()
            except MemoryUnavailableError:
                await asyncio.sleep(0.05)
            else:
                return


async def _writes(memory: MemoryAPIClient, caller: int, tally: Tally) -> None:
    session = f"session-{caller}"
    said = tally.messages.setdefault(session, [])
    number = 0
    while True:
        number += 1
        name = f"{caller}-{number}"
        message = MemoryMessage(id=name, role="user", content=f"Note {name} is here.")
        await _repeated(lambda: memory.append_messages_to_working_memory(session, [message]))  # noqa: B023 - awaited here
        said.append(name)
        record = MemoryRecord(id=f"memory-{name}", text=f"Note {name} is kept", user_id="cleo")
        await _repeated(lambda: memory.create_long_term_memories([record]))  # noqa: B023 - awaited here
        tally.memories.append(record.id)


async def test_a_promoted_replica_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    """Callers go on after the address has moved; no process is started again."""
    tally = Tally()
    async with Pair.started(tmp_path / "stores") as pair:
        options = StackOptions(state_dir=tmp_path, redis_url=pair.url, environment=QUICK)
        async with (
            Stack(options) as stack,
            MemoryAPIClient(base_url=f"http://{stack.address}", timeout=CALL_SECONDS) as memory,
        ):
            callers = [
                asyncio.create_task(_writes(memory, number, tally)) for number in range(CALLERS)
            ]
            await tally.grows_by(100)
            await pair.promote()
            pair.move_address()
            await tally.grows_by(100)
            assert not any(caller.done() for caller in callers)
            for caller in callers:
                caller.cancel()
            await asyncio.wait(callers)
            for session, said in tally.messages.items():
                kept = await memory.list_messages(session, limit=1000)
                assert set(said) <= {message.id for message in kept.messages}
            for name in tally.memories:
                await memory.get_long_term_memory(name)
            found = await memory.search_long_term_memory("Which note is kept?", limit=5)
            assert found.memories
