"""Facts through the gateway: said once, kept once, considered always, and summed up."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage, MemoryStrategyConfig, WorkingMemory
from agent_memory_services.embedded.stack import Stack
from agent_memory_services.evaluation.adapters import ADAPTERS, Dataset
from agent_memory_services.evaluation.coverage import cover
from agent_memory_services.evaluation.live_system import System
from tests.e2e.conftest import eventually
from tests.support.known import known_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHATS = Path(__file__).parents[1] / "data" / "retrieval_chats.json"


async def say(memory: MemoryAPIClient, session_id: str, user_id: str, *said: str) -> None:
    """Say something, and wait until it is extracted."""
    messages = [MemoryMessage(role="user", content=text) for text in said]
    await memory.append_messages_to_working_memory(session_id, messages, user_id=user_id)
    await memory.wait_for_extraction(session_id)


def content(messages: list[Any]) -> str:
    """What a prompt says."""
    return "\n".join(str(message["content"]) for message in messages)


async def test_what_stands_is_in_every_prompt(memory: MemoryAPIClient) -> None:
    """Preferences and instructions are flagged when they are written and considered ever after."""
    await say(
        memory,
        "standing",
        "stan",
        "Always answer in French.",
        "I prefer window seats.",
        "I visited Oslo in 2019.",
    )
    question, search = "What is the boiling point of lead?", {"limit": 1, "text": "lead melting"}
    whole = await memory.memory_prompt(question, user_id="stan", long_term_search=search)
    assert "always answer in French" in content(whole.messages)
    assert "prefers window seats" in content(whole.messages)
    packet = await memory.memory_prompt(
        question, user_id="stan", long_term_search=search, token_budget=400
    )
    assert "always answer in French" in content(packet.messages)
    assert packet.tokens <= 400
    foreign = await memory.memory_prompt(question, user_id="nobody", long_term_search=search)
    assert "French" not in content(foreign.messages)


async def test_the_standing_shelf_keeps_within_its_cap(memory: MemoryAPIClient) -> None:
    """However many preferences there are, they take their share of a budget and no more."""
    colours = ("red", "green", "blue", "pink", "grey", "white", "black", "brown", "beige", "teal")
    await say(memory, "shelf", "shelley", *(f"I prefer {colour} mugs." for colour in colours))
    prompt = await memory.memory_prompt(
        "Which mug?", user_id="shelley", long_term_search=True, token_budget=300
    )
    assert prompt.tokens <= 300
    (shelf,) = [section for section in prompt.report if section.section == "standing"]
    assert 0 < shelf.tokens <= shelf.cap
    assert shelf.left_out_ids


async def test_a_prompt_that_is_stored_back_teaches_nothing(memory: MemoryAPIClient) -> None:
    """An application that keeps the whole prompt as its history extracts no memory twice."""
    await say(memory, "loop", "lou", "I prefer green tea.", "My sister Ann lives in Bonn.")
    known = await known_of(memory, "lou")
    assert len(known) == 2
    for turn in range(3):
        prompt = await memory.memory_prompt(
            f"Question {turn}?", session_id="loop", user_id="lou", long_term_search=True
        )
        assert "prefers green tea" in content(prompt.messages)
        history = [
            MemoryMessage(role=message["role"], content=message["content"])
            for message in prompt.messages
        ]
        answered = [*history, MemoryMessage(role="assistant", content="I see.")]
        await memory.set_working_memory("loop", WorkingMemory(messages=answered, user_id="lou"))
        await memory.wait_for_extraction("loop")
    assert await known_of(memory, "lou") == known


async def test_a_thread_has_one_summary_that_rests_when_nothing_is_said(
    memory: MemoryAPIClient,
) -> None:
    """The summary strategy keeps one record; repeating what was said writes nothing."""
    strategy = MemoryStrategyConfig(strategy="summary")
    said = [
        MemoryMessage(id=f"m{number}", role="user", content=text)
        for number, text in enumerate(("We chose Lisbon for 3 June 2024.", "Ann books the hotel."))
    ]
    session = WorkingMemory(messages=said, user_id="sue", long_term_memory_strategy=strategy)
    await memory.set_working_memory("thread", session)
    await memory.wait_for_extraction("thread")
    filters = {"user_id": {"eq": "sue"}, "memory_type": {"ne": "message"}}
    (before,) = (await memory.search_long_term_memory("", filters=filters)).memories
    assert "Lisbon" in before.text
    for _ in range(2):
        await memory.set_working_memory("thread", session)
        await memory.wait_for_extraction("thread")
    (after,) = (await memory.search_long_term_memory("", filters=filters)).memories
    assert (after.id, after.text, after.updated_at) == (
        before.id,
        before.text,
        before.updated_at,
    )


async def test_what_was_said_is_found_although_nothing_is_extracted(
    memory: MemoryAPIClient,
) -> None:
    """By default, and with NONE where the session says so; until the session is deleted."""

    async def found(session: str) -> list[str]:
        hits = await memory.search_long_term_memory(
            "flux compensator", filters={"session_id": {"eq": session}}
        )
        return [hit.text for hit in hits.memories]

    switches: dict[str, dict[str, Any]] = {
        "default": {},
        "silent": {"strategy": "none"},
        "kept": {"strategy": "none", "index_messages": True},
        "off": {"index_messages": False},
    }
    text = "Does the flux compensator hum in B minor?"
    for name, strategy in switches.items():
        session = WorkingMemory(
            messages=[MemoryMessage(role="user", content=text)],
            user_id="flo",
            long_term_memory_strategy=MemoryStrategyConfig(**strategy),
        )
        await memory.set_working_memory(f"flux-{name}", session)
        await memory.wait_for_extraction(f"flux-{name}")
        expected = [text] if name in {"default", "kept"} else []
        assert await found(f"flux-{name}") == expected, name
    shown = await memory.memory_prompt(
        "flux compensator", session_id="flux-default", user_id="flo", long_term_search=True
    )
    assert sum(text in message["content"] for message in shown.messages) == 2
    for name in ("default", "kept"):
        await memory.delete_working_memory(f"flux-{name}")

        async def gone(name: str = name) -> bool:
            return await found(f"flux-{name}") == []

        await eventually(gone, within=60)


async def test_a_summary_view_through_the_gateway(memory: MemoryAPIClient) -> None:
    """A view is created, run as a job, read by group, changed and deleted."""
    await say(memory, "views", "vic", "I prefer green tea.", "My sister Ann lives in Bonn.")
    view = await memory.create_summary_view(
        {"name": "people", "group_by": ["user_id"], "filters": {"user_id": {"eq": "vic"}}}
    )
    assert view.id is not None
    job = await memory.run_summary_view(view.id)
    async with asyncio.timeout(120):
        while (found := await memory.get_job(job.id)).state != "succeeded":
            await asyncio.sleep(0.05)
    assert found.view_id == view.id
    (partition,) = (await memory.list_summary_view_partitions(view.id)).partitions
    assert partition.group == {"user_id": "vic"}
    assert "green tea" in partition.summary
    assert partition.memory_count == 2
    again = await memory.run_summary_view_partition(view.id, {"user_id": "vic"})
    assert again.summary == partition.summary
    changed = await memory.update_summary_view(view.id, {"continuous": True})
    assert changed.continuous
    assert await memory.delete_summary_view(view.id)

    async def gone() -> bool:
        return view.id not in {
            each.id for each in (await memory.list_summary_views()).summary_views
        }

    await eventually(gone)


async def test_conversations_are_evaluated_and_leave_nothing(stack: Stack) -> None:
    """An evaluation tells how much of the evidence facts cite, and takes everything away again."""
    conversations = ADAPTERS[Dataset.CHATS](CHATS)
    done: list[int] = []
    async with grpc.aio.insecure_channel(str(stack.address)) as channel:
        system = System(channel, None, "evaluated")
        coverage = await cover(system, conversations, lambda number, _: done.append(number))
        left = [await system.memories(conversation) for conversation in conversations]
    assert done == [1, 2]
    assert 0 < coverage.covered <= coverage.evidence
    assert coverage.facts
    assert coverage.uncited == 0
    assert left == [[], []]
