"""Microsoft Agent Framework's providers, in runs of an agent whose model is scripted."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from agent_framework import Agent, BaseChatClient, ChatResponse, Content, Message

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.microsoft_agents import (
    AgentMemoryContextProvider,
    AgentMemoryHistoryProvider,
)


class Scripted(BaseChatClient[Any]):
    """A model that always says the same, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[list[str], str]] = []

    async def _inner_get_response(
        self, *, messages: Sequence[Message], options: Mapping[str, Any], **_: Any
    ) -> ChatResponse:
        self.asked.append(([each.text for each in messages], str(options.get("instructions"))))
        return ChatResponse(messages=[Message(role="assistant", contents=["Noted."])])


@pytest.fixture
async def client(url: str) -> AsyncIterator[MemoryAPIClient]:
    """A client of the stack."""
    async with MemoryAPIClient(url) as client:
        yield client


async def test_messages_are_kept_whole(client: MemoryAPIClient, unique: str) -> None:
    """With calls and their results, in order."""
    history = AgentMemoryHistoryProvider(client, user_id=unique)
    call = Content.from_function_call("call_1", "book", arguments={"seat": "12A"})
    messages = [
        Message(role="user", contents=["I prefer window seats."], author_name="Ada"),
        Message(role="assistant", contents=[call]),
        Message(role="tool", contents=[Content.from_function_result("call_1", result="")]),
        Message(role="assistant", contents=["Booked."], message_id="same"),
        Message(role="assistant", contents=["Booked."], message_id="same"),
    ]
    assert await history.get_messages(unique) == []
    await history.save_messages(unique, messages)
    read = await history.get_messages(unique)
    assert [each.to_dict() for each in read] == [each.to_dict() for each in messages]
    assert await history.get_messages(None) == []


async def test_a_run_goes_on_where_the_one_before_ended(
    client: MemoryAPIClient, unique: str
) -> None:
    """And its facts are remembered in another session."""
    model = Scripted()
    agent = Agent(
        client=model,
        context_providers=[
            AgentMemoryHistoryProvider(client, user_id=unique),
            AgentMemoryContextProvider(client, user_id=unique),
        ],
    )
    first = agent.create_session(session_id=unique)
    await agent.run("I live in Lyon.", session=first)
    await agent.run("And now?", session=first)
    assert model.asked[1][0] == ["I live in Lyon.", "Noted.", "And now?"]
    await client.wait_for_extraction(unique, user_id=unique)
    await agent.run("Where do I live?", session=agent.create_session(session_id=f"{unique}-2"))
    texts, instructions = model.asked[2]
    assert "Lyon" in f"{texts} {instructions}"
    assert texts[-1] == "Where do I live?"
