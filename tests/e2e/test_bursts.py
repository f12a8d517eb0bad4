"""Many calls at once on a stack that has nothing else to do."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage, MemoryRecord

pytestmark = pytest.mark.asyncio(loop_scope="module")

Call = Callable[[MemoryAPIClient, int], Awaitable[object]]


async def ask(memory: MemoryAPIClient, number: int) -> object:
    """Build a prompt, with a question of its own."""
    return await memory.memory_prompt(
        f"Which tea is number {number}?", session_id="burst", long_term_search=True
    )


async def search(memory: MemoryAPIClient, number: int) -> object:
    """Search, with a question of its own."""
    return await memory.search_long_term_memory(f"Who likes tea number {number}?")


@pytest.mark.parametrize(("call", "calls"), [(ask, 20), (ask, 60), (search, 150)])
async def test_calls_that_come_at_once_are_all_answered(
    memory: MemoryAPIClient, call: Call, calls: int
) -> None:
    """By the client as it is shipped, without a retry: they wait for each other."""
    said = [MemoryMessage(role="user", content="What a day!")]
    await memory.append_messages_to_working_memory("burst", said)
    await memory.create_long_term_memories([MemoryRecord(text="User likes tea")])
    for number in range(30):
        # By now the services know what a call takes alone.
        await call(memory, -number)
    answers = await asyncio.gather(*(call(memory, number) for number in range(calls)))
    assert len(answers) == calls
