"""Strands' memory store, by itself and in an agent whose model is scripted."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from strands import Agent
from strands.memory import MemoryManager
from strands.memory.types import AddMessagesContext
from strands.models import Model

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.strands import StrandsMemoryStore


class Scripted(Model):
    """A model that always says the same, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def update_config(self, **_: Any) -> None:
        """Has nothing to set."""

    def get_config(self) -> Any:
        """Has no settings."""
        return {}

    def structured_output(self, *_: Any, **__: Any) -> Any:
        """Is not asked for."""
        raise NotImplementedError

    async def stream(self, messages: Any, *_: Any, **__: Any) -> AsyncIterator[Any]:
        """Answer once."""
        self.asked.append(str(messages))
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockStart": {"start": {}}}
        yield {"contentBlockDelta": {"delta": {"text": "Noted."}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn"}}


@pytest.fixture
async def client(url: str) -> AsyncIterator[MemoryAPIClient]:
    """A client of the stack."""
    async with MemoryAPIClient(url) as client:
        yield client


async def test_what_is_added_is_found_at_once(client: MemoryAPIClient, unique: str) -> None:
    """Through Strands' manager, for this user alone."""
    mine, other = (
        StrandsMemoryStore(client, user_id=user, name=user) for user in (unique, f"not-{unique}")
    )
    manager = MemoryManager(stores=[mine, other], add_tool_config=True)
    await manager.add("User likes tea", {"metadata": {"source": "form"}, "stores": [unique]})
    (found,) = await manager.search("drinks", {"max_search_results": 3})
    assert (found.content, found.store_name) == ("User likes tea", unique)
    assert found.metadata is not None
    assert found.metadata["source"] == "form"


async def test_a_batch_that_is_repeated_is_known_again(
    client: MemoryAPIClient, unique: str
) -> None:
    """By its numbers; those of another run are new, whatever is said in it."""
    store = StrandsMemoryStore(client, user_id=unique, session_id=unique)
    said: Any = [{"role": "user", "content": [{"text": "ok"}]}]
    for _ in range(2):
        await store.add_messages(said, AddMessagesContext(sequence_numbers=[0]))
    await store.add_messages(said, AddMessagesContext(sequence_numbers=[1]))
    other: Any = [{"role": "user", "content": [{"text": "I live in Lyon."}]}]
    await store.add_messages(other, AddMessagesContext(sequence_numbers=[0]))
    log = await client.list_messages(unique, user_id=unique)
    assert [each.content for each in log.messages] == ["ok", "ok", "I live in Lyon."]
    await client.wait_for_extraction(unique, user_id=unique)
    assert any("Lyon" in each.content for each in await store.search("Where is home?"))


async def test_an_agent_is_told_what_is_remembered(client: MemoryAPIClient, unique: str) -> None:
    """Before its model is asked."""
    store, model = StrandsMemoryStore(client, user_id=unique, extraction=False), Scripted()
    await store.add("User likes tea")
    agent = Agent(model=model, memory_manager=MemoryManager(stores=[store]), callback_handler=None)
    await agent.invoke_async("What shall I drink?")
    assert "User likes tea" in model.asked[0]
