"""ADK's memory service, with ADK's own sessions and events."""

from collections.abc import AsyncIterator

import pytest
from google.adk.events import Event
from google.adk.memory.memory_entry import MemoryEntry
from google.adk.sessions import InMemorySessionService, Session
from google.genai import types

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.google_adk import AgentMemoryService


@pytest.fixture
async def client(url: str) -> AsyncIterator[MemoryAPIClient]:
    """A client of the stack."""
    async with MemoryAPIClient(url) as client:
        yield client


def event(author: str, *parts: types.Part) -> Event:
    """An event of an author, whose content is these parts."""
    role = "user" if author == "user" else "model"
    return Event(author=author, content=types.Content(role=role, parts=list(parts)))


async def conversation(user: str) -> Session:
    """A session of ADK with some events."""
    service = InMemorySessionService()
    session = await service.create_session(app_name="travel", user_id=user)
    call = types.FunctionCall(name="book", args={"seat": "12A"}, id="1")
    for each in (
        event("user", types.Part(text="I prefer window seats and I live in Lyon.")),
        event("helper", types.Part(function_call=call)),
        event("helper", types.Part(text="Noted.")),
        Event(author="helper"),
    ):
        await service.append_event(session, each)
    return session


async def texts(service: AgentMemoryService, app: str, user: str, query: str) -> list[str]:
    """What a search answers."""
    found = await service.search_memory(app_name=app, user_id=user, query=query)
    return [(entry.content.parts or [types.Part()])[0].text or "" for entry in found.memories]


async def test_a_session_is_learned_from_once(client: MemoryAPIClient, unique: str) -> None:
    """However often it is added; its facts are of its user and its application alone."""
    service, session = AgentMemoryService(client), await conversation(unique)
    for _ in range(2):
        await service.add_session_to_memory(session)
    await client.wait_for_extraction(session.id, namespace="travel", user_id=unique)
    log = await client.list_messages(session.id, namespace="travel", user_id=unique)
    assert [each.role for each in log.messages] == ["user", "assistant", "assistant"]
    assert any("window seats" in each for each in await texts(service, "travel", unique, "seats"))
    assert await texts(service, "other", unique, "seats") == []
    assert await texts(service, "travel", f"not-{unique}", "seats") == []


async def test_memories_are_added_found_and_deleted(client: MemoryAPIClient, unique: str) -> None:
    """By the ids that a search answers, and only by their user."""
    service = AgentMemoryService(client)
    content = types.Content(role="user", parts=[types.Part(text="User likes tea")])
    entry = MemoryEntry(content=content, custom_metadata={"source": "form"})
    await service.add_memory(app_name="travel", user_id=unique, memories=[entry])
    found = await service.search_memory(app_name="travel", user_id=unique, query="drinks")
    (memory,) = found.memories
    assert memory.custom_metadata["source"] == "form"
    for user in (f"not-{unique}", unique):
        await service.delete_memory(app_name="travel", user_id=user, memory_id=memory.id)
        left = await texts(service, "travel", unique, "drinks")
        assert left == ([] if user == unique else ["User likes tea"])
    await service.delete_memory(app_name="travel", user_id=unique, memory_id=memory.id)
    with pytest.raises(ValueError, match="memory_id is needed"):
        await service.delete_memory(app_name="travel", user_id=unique)
