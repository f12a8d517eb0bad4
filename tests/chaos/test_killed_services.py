"""Processes die by SIGKILL in the middle of their work; nothing acknowledged is lost."""

import asyncio
from pathlib import Path

import pytest

from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_client.models import MemoryMessage
from agent_memory_services.embedded.stack import SERVICES, Stack, StackOptions

HOBBIES = (
    *("archery", "baking", "chess", "diving", "embroidery", "fencing", "gardening", "hiking"),
    *("ice skating", "juggling", "kayaking", "lacrosse", "magic tricks", "netball", "origami"),
    *("pottery", "quilting", "rowing", "sailing", "tennis"),
)
QUICK = {
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2",
    "AGENT_MEMORY_EXTRACTION_LEASE_SECONDS": "2",
}


async def append(memory: MemoryAPIClient, hobby: str) -> None:
    """Append until it is acknowledged, as an application would."""
    message = MemoryMessage(id=hobby, role="user", content=f"I love {hobby}.")
    while True:
        try:
            await memory.append_messages_to_working_memory("hobbies", [message], user_id="kim")
        except MemoryClientError:
            await asyncio.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("victim", SERVICES)
async def test_facts_survive_the_death_of(victim: str, tmp_path: Path) -> None:
    """Every acknowledged message's fact is stored once, whichever service is killed."""
    options = StackOptions(state_dir=tmp_path, environment=QUICK)
    async with (
        Stack(options) as stack,
        MemoryAPIClient(base_url=f"http://{stack.address}") as memory,
    ):
        for position, hobby in enumerate(HOBBIES):
            if position == len(HOBBIES) // 2:
                await stack.processes[victim].child.kill()
                restart = asyncio.create_task(stack.processes[victim].start())
            await append(memory, hobby)
        await restart
        log = await memory.list_messages("hobbies", limit=100)
        assert [message.id for message in log.messages] == list(HOBBIES)
        await memory.wait_for_extraction("hobbies", timeout=60)
        known = await memory.search_long_term_memory(
            text="",
            filters={"user_id": {"eq": "kim"}, "memory_type": {"ne": "message"}},
            limit=100,
        )
        assert sorted(hit.text for hit in known.memories) == sorted(
            f"User loves {hobby}" for hobby in HOBBIES
        )
