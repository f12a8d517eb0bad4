"""The main job through the gateway: what is said comes back, to the right user only."""

import pytest

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage, MemoryRecord, WorkingMemory

pytestmark = pytest.mark.asyncio(loop_scope="module")


def turn(said: str) -> list[MemoryMessage]:
    """A user's words and a short answer."""
    return [
        MemoryMessage(role="user", content=said),
        MemoryMessage(role="assistant", content="I see."),
    ]


async def texts(memory: MemoryAPIClient, user: str) -> list[str]:
    """Everything known of a user."""
    found = await memory.search_long_term_memory(
        text="", filters={"user_id": {"eq": user}}, limit=100
    )
    return [record.text for record in found.memories]


async def test_two_quick_replacements_lose_no_fact(memory: MemoryAPIClient) -> None:
    """A turn that is replaced at once is extracted all the same."""
    for said in ("I'm allergic to peanuts.", "I work as a nurse at Saint Mary."):
        await memory.set_working_memory(
            "quick", WorkingMemory(messages=turn(said), user_id="quinn")
        )
    await memory.wait_for_extraction("quick")
    known = " ".join(await texts(memory, "quinn"))
    assert "peanuts" in known
    assert "nurse" in known


async def test_a_memory_is_found_when_the_call_returns(memory: MemoryAPIClient) -> None:
    """Search right after create finds the record, by meaning and by words."""
    created = await memory.create_long_term_memories(
        [MemoryRecord(text="User keeps bees on the roof", user_id="rhea")]
    )
    for mode in ("semantic", "keyword", "hybrid"):
        found = await memory.search_long_term_memory(
            text="keeps bees", filters={"user_id": {"eq": "rhea"}}, search_mode=mode
        )
        assert [hit.id for hit in found.memories] == created.ids, mode


async def test_a_session_is_one_session_whoever_names_its_user(memory: MemoryAPIClient) -> None:
    """Created without a user, set with one and read without: the history is there."""
    assert (await memory.get_or_create_working_memory("one")).created
    await memory.set_working_memory(
        "one", WorkingMemory(messages=turn("Where is my umbrella?"), user_id="sam")
    )
    prompt = await memory.memory_prompt(query="Well?", session_id="one")
    assert [message["content"] for message in prompt.messages] == [
        "Where is my umbrella?",
        "I see.",
        "Well?",
    ]
    assert not (await memory.get_or_create_working_memory("one")).created


async def test_a_prompt_never_holds_another_users_memory(memory: MemoryAPIClient) -> None:
    """A user filter inside `long_term_search` decides whose memories enter the prompt."""
    await memory.create_long_term_memories(
        [
            MemoryRecord(text="User's door code is 4711", user_id="tara"),
            MemoryRecord(text="User's door is painted green", user_id="uwe"),
        ]
    )
    prompt = await memory.memory_prompt(
        query="What about the door?",
        session_id="door",
        long_term_search={"filters": {"user_id": {"eq": "uwe"}}, "limit": 10},
    )
    whole = " ".join(message["content"] for message in prompt.messages)
    assert "green" in whole
    assert "4711" not in whole


async def test_a_search_without_an_owner_keeps_to_the_sessions(memory: MemoryAPIClient) -> None:
    """Where nothing says whose memories are meant, a prompt holds those of the session's owner."""
    await memory.create_long_term_memories(
        [
            MemoryRecord(text="User's bicycle is red", user_id="wim"),
            MemoryRecord(text="User's bicycle is blue", user_id="xena"),
        ]
    )
    await memory.get_or_create_working_memory("cycling", user_id="xena")
    prompt = await memory.memory_prompt(
        query="Which bicycle is mine?", session_id="cycling", long_term_search=True
    )
    assert [hit.text for hit in prompt.hits] == ["User's bicycle is blue"]


async def test_structured_memories_of_a_session_are_promoted_once(memory: MemoryAPIClient) -> None:
    """Memories placed in a session reach long-term memory, and repeating them adds nothing."""
    records = [MemoryRecord(text="User completed an MBA in 2019", user_id="vera")]
    for _ in range(2):
        await memory.set_working_memory("mba", WorkingMemory(memories=records, user_id="vera"))
    await memory.wait_for_extraction("mba")
    assert await texts(memory, "vera") == ["User completed an MBA in 2019"]
