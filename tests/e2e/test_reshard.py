"""A store that is copied into a cluster with other numbers of parts, by the real services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage, MemoryRecord, WorkingMemory
from agent_memory_services.cli import app
from agent_memory_services.commands import resharding
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect
from tests.support.cluster import cluster

TENANTS = ("default", "acme", "globex-corp!", "a:b_c{d}")
QUESTIONS = ("Where does the user live?", "music", "What does the user drink?", "Porto")


@asynccontextmanager
async def running(folder: Path, url: str, shards: int, partitions: int) -> AsyncIterator[str]:
    """The services on a store, with so many parts of each kind."""
    environment = {
        "AGENT_MEMORY_LONG_TERM_MEMORY_SHARDS": str(shards),
        "AGENT_MEMORY_WORKING_MEMORY_PARTITIONS": str(partitions),
        "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.1",
    }
    async with Stack(StackOptions(state_dir=folder, redis_url=url, environment=environment)) as it:
        yield f"http://{it.address}"


async def fill(address: str, tenant: str) -> None:
    """Give a tenant sessions with and without an end, facts, a change, and what it took back."""
    async with MemoryAPIClient(address, tenant=tenant) as memory:
        for number in range(4):
            said = [
                "I live in Lisbon and I play the cello.",
                "I live in Porto now.",
                "I drink oolong tea.",
                "My sister Ines likes Porto.",
            ][number]
            await memory.append_messages_to_working_memory(
                f"s:{number}", [MemoryMessage(role="user", content=said)], user_id=f"user {tenant}"
            )
            await memory.wait_for_extraction(f"s:{number}")
        await memory.set_working_memory("ends", WorkingMemory(session_id="ends", ttl_seconds=3600))
        created = await memory.create_long_term_memories(
            [MemoryRecord(id="kept", text="User drinks coffee", user_id="u", topics=["drinks"])]
        )
        assert created
        await memory.edit_long_term_memory("kept", {"text": "User drinks espresso"})


async def seen(address: str, tenant: str) -> dict[str, Any]:
    """Everything of a tenant that a caller can see."""
    async with MemoryAPIClient(address, tenant=tenant) as memory:
        sessions = (await memory.list_sessions(limit=100)).details
        listed = await memory.list_long_term_memories(include_hidden=True, limit=100)
        found = {
            question: [
                (hit.id, f"{hit.score:.2f}")
                for hit in (await memory.search_long_term_memory(question, limit=5)).memories
            ]
            for question in QUESTIONS
        }
        return {
            "sessions": [(s.session_id, s.updated_at, s.last_sequence) for s in sessions],
            "ends": [each.session_id for each in sessions if each.expires_at],
            "messages": [
                [message.content for message in (await memory.list_messages(f"s:{n}")).messages]
                for n in range(4)
            ],
            "memories": sorted((m.id, m.text, str(m.validity)) for m in listed.memories),
            "history": (await memory.list_memory_revisions("kept")).revisions,
            "jobs": [(job.id, job.state) for job in (await memory.list_jobs(limit=100)).jobs],
            "done": (await memory.get_statistics()).periods,
            "found": found,
        }


def typed(source: str, target: str, *numbers: str) -> Result:
    """Type the command."""
    return CliRunner().invoke(app, ["reshard", "--from", source, "--to", target, *numbers])


@pytest.mark.long
async def test_everything_is_where_the_new_numbers_lead(tmp_path: Path) -> None:
    """Sessions, memories, history, jobs and searches are what they were, and life goes on."""
    numbers = ("--shards", "5", "--partitions", "3")
    async with EmbeddedStore(tmp_path / "a") as old, cluster(tmp_path / "b") as new:
        async with running(tmp_path / "first", old.url, 2, 16) as address:
            await asyncio.gather(*(fill(address, tenant) for tenant in TENANTS))
            before = {tenant: await seen(address, tenant) for tenant in TENANTS}
            refused = await asyncio.to_thread(typed, old.url, new, *numbers)
            assert refused.exit_code == 1
            assert "stop all" in refused.output
        # As a copy to other numbers left it that was interrupted.
        left = "am:lt:{s07}:m:erased:since"
        async with connect(new) as halfway:
            await halfway.set(resharding.MARK, "copying")
            await halfway.set(left, "a fact")
        copied = await asyncio.to_thread(typed, old.url, new, *numbers)
        assert copied.exit_code == 0, copied.output
        assert f"{5 * len(TENANTS)} sessions" in copied.output
        async with connect(new) as whole:
            assert not await whole.exists(left)
        again = await asyncio.to_thread(typed, old.url, new, *numbers)
        assert "not empty" in again.output
        async with running(tmp_path / "second", new, 5, 3) as address:
            after = {tenant: await seen(address, tenant) for tenant in TENANTS}
            for tenant in TENANTS:
                for part, value in before[tenant].items():
                    assert after[tenant][part] == value, (tenant, part)
            async with MemoryAPIClient(address) as memory:
                same = MemoryRecord(text="User drinks espresso", user_id="u")
                (result,) = (await memory.create_long_term_memories([same])).results
                assert result.outcome == "duplicate"
                message = MemoryMessage(role="user", content="I keep bees.")
                await memory.append_messages_to_working_memory("s:0", [message])
                await memory.wait_for_extraction("s:0")
                facts = await memory.search_long_term_memory("bees", limit=3)
                assert any("bees" in each.text for each in facts.memories)
        async with EmbeddedStore(tmp_path / "c") as back:
            copied = await asyncio.to_thread(typed, new, back.url, "--shards", "1")
            assert copied.exit_code == 0, copied.output
            assert f"{5 * len(TENANTS)} sessions" in copied.output
