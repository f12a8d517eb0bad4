"""Nothing that was accepted is lost on its way from a session to long-term memory."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage, MemoryStrategyConfig, WorkingMemory
from tests.support.hobbies import HOBBIES, facts, told
from tests.support.known import known_of, log_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRITERS = 8


def lengthy(hobby: str) -> MemoryMessage:
    """A fact in front of a lot of nothing."""
    message = told(hobby)
    return message.model_copy(update={"content": f"{message.content} {'Hm, well. ' * 60}"})


async def test_what_overflows_the_window_is_extracted_all_the_same(
    memory: MemoryAPIClient,
) -> None:
    """Twelve facts in one replacement that the window cannot hold are twelve facts."""
    said = [lengthy(hobby) for hobby in HOBBIES[:12]]
    await memory.set_working_memory(
        "overflow", WorkingMemory(messages=said, user_id="olga"), context_window_max=500
    )
    await memory.wait_for_extraction("overflow")
    assert await known_of(memory, "olga") == facts(HOBBIES[:12])
    assert [message.id for message in await log_of(memory, "overflow")] == list(HOBBIES[:12])


async def test_each_of_fifty_replacements_is_extracted(memory: MemoryAPIClient) -> None:
    """A fact that the next replacement takes out of view is extracted, however soon that comes."""
    for hobby in HOBBIES[:50]:
        await memory.set_working_memory(
            "fifty", WorkingMemory(messages=[told(hobby)], user_id="fred")
        )
    await memory.wait_for_extraction("fifty")
    assert await known_of(memory, "fred") == facts(HOBBIES[:50])


async def test_a_silent_part_of_a_session_is_not_waited_for(memory: MemoryAPIClient) -> None:
    """Under strategy NONE nothing is extracted, and waiting returns: before, during and after."""
    strategies = ("none", "discrete", "none", "discrete", "none")
    for strategy, hobby in zip(strategies, HOBBIES, strict=False):
        silence = {"long_term_memory_strategy": {"strategy": strategy}}
        await memory.get_or_create_working_memory("moody", user_id="mo")
        await memory.update_working_memory("moody", silence)
        await memory.append_messages_to_working_memory("moody", [told(hobby)])
        progress = await memory.wait_for_extraction("moody", timeout=120)
        assert progress.extracted_sequence == 1 + HOBBIES.index(hobby)
    assert await known_of(memory, "mo") == facts([HOBBIES[1], HOBBIES[3]])


@pytest.mark.parametrize("messages", [25, pytest.param(200, marks=pytest.mark.long)])
async def test_writers_at_once_agree_on_one_order(memory: MemoryAPIClient, messages: int) -> None:
    """Eight writers lose and double nothing, and every reader sees the same order at any time."""
    crowd = f"crowd-{messages}"
    silent = MemoryStrategyConfig(strategy="none")
    await memory.set_working_memory(crowd, WorkingMemory(long_term_memory_strategy=silent))
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for number in range(messages):
            content = f"{writer}/{number}"
            message = MemoryMessage(id=content, role="user", content=content)
            await memory.append_messages_to_working_memory(crowd, [message])

    async def read(limit: int) -> list[Sequence[str]]:
        seen: list[Sequence[str]] = []
        while not done.is_set():
            seen.append(ids(await log_of(memory, crowd, limit=limit)))
            await asyncio.sleep(0.2)
        return seen

    readers = [asyncio.create_task(read(limit)) for limit in (37, 1000)]
    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    done.set()
    log = await log_of(memory, crowd)
    assert set(Counter(ids(log)).values()) == {1}
    assert [message.sequence for message in log] == list(range(1, WRITERS * messages + 1))
    for writer in range(WRITERS):
        own = [found for found in ids(log) if found.startswith(f"{writer}/")]
        assert own == [f"{writer}/{number}" for number in range(messages)]
    for seen in [early for reader in readers for early in await reader]:
        assert seen == ids(log)[: len(seen)]


def ids(messages: Sequence[MemoryMessage]) -> list[str]:
    """The messages' ids."""
    return [str(message.id) for message in messages]
