"""One running stack for each module of end-to-end tests, and a client of its gateway."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.stack import Stack, StackOptions

# Short enough for a test, long enough that turns sent together are extracted together.
QUICK = {"AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A whole stack on free ports, with its store in an empty folder."""
    folder: Path = tmp_path_factory.mktemp("stack")
    async with Stack(StackOptions(state_dir=folder, environment=QUICK)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def memory(stack: Stack) -> AsyncIterator[MemoryAPIClient]:
    """A client that goes through the gateway."""
    async with MemoryAPIClient(base_url=f"http://{stack.address}") as client:
        yield client


async def eventually(holds: Callable[[], Awaitable[bool]], *, within: float = 15) -> None:
    """Ask `holds` until it says yes; fail when `within` seconds have passed."""
    async with asyncio.timeout(within):
        while not await holds():
            await asyncio.sleep(0.05)
