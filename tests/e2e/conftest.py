"""One running stack for all end-to-end tests of a test process, and a client of its gateway."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.stack import Stack, StackOptions

# Short enough for a test, long enough that turns sent together are extracted together.
QUICK = {"AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2"}


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack on free ports; tests that need an empty one, or end a part of it, start theirs."""
    folder: Path = tmp_path_factory.mktemp("stack")
    running = Stack(StackOptions(state_dir=folder, environment=QUICK))
    # A loop of its own: the loops of tests come and go while the processes stay.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(running.start())
        yield running
        runner.run(running.stop())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def memory(stack: Stack) -> AsyncIterator[MemoryAPIClient]:
    """A client that goes through the gateway."""
    async with MemoryAPIClient(base_url=f"http://{stack.address}") as client:
        yield client


async def eventually(holds: Callable[[], Awaitable[bool]], *, within: float = 120) -> None:
    """Ask `holds` until it says yes; fail when `within` seconds have passed."""
    async with asyncio.timeout(within):
        while not await holds():
            await asyncio.sleep(0.05)
