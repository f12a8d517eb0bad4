"""Prompts through the client."""

import json
from typing import Any

import pytest

from agent_memory_client import (
    MemoryAPIClient,
    MemoryMessage,
    MemoryRecord,
    MemoryValidationError,
    WorkingMemory,
)
from agent_memory_client.models import ToolCall
from tests.contract.client.services.running import Services


@pytest.fixture(autouse=True)
async def _memories(client: MemoryAPIClient) -> None:
    """One memory of each of two users, and a session of one of them."""
    await client.create_long_term_memories(
        [
            MemoryRecord(text="Alice likes tea", user_id="alice", namespace="home"),
            MemoryRecord(text="Bob likes rum", user_id="bob", namespace="home"),
        ]
    )
    turn = [
        MemoryMessage(role="user", content="Hello"),
        MemoryMessage(
            role="assistant", tool_calls=[ToolCall(id="c", name="clock", arguments="{}")]
        ),
        MemoryMessage(role="tool", content="noon", tool_call_id="c"),
    ]
    session = WorkingMemory(messages=turn, context="They met.", user_id="alice", namespace="home")
    await client.set_working_memory("chat", session)


async def test_messages_are_plain_and_the_query_comes_last(client: MemoryAPIClient) -> None:
    """The list is a real one of real dictionaries, with tool fields only where there are any."""
    prompt = await client.memory_prompt("What now?", session_id="chat", namespace="home")
    assert type(prompt.messages) is list
    assert prompt.messages[:2] == [
        {"role": "system", "content": "They met."},
        {"role": "user", "content": "Hello"},
    ]
    assert prompt.messages[2]["tool_calls"] == [
        {"id": "c", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    ]
    assert prompt.messages[3] == {"role": "tool", "content": "noon", "tool_call_id": "c"}
    assert prompt.messages[-1] == {"role": "user", "content": "What now?"}
    assert json.dumps(prompt.messages + [{"role": "user", "content": "more"}])  # noqa: RUF005 - as callers do
    assert prompt["messages"] is prompt.messages


async def test_filters_inside_the_search_count(client: MemoryAPIClient) -> None:
    """The memories of another user stay out of the prompt, and the hits are attached."""
    prompt = await client.memory_prompt(
        query="drinks",
        session_id="chat",
        long_term_search={
            "text": "drinks",
            "filters": {"user_id": {"eq": "bob"}},
            "limit": 5,
            "recency_boost": True,
        },
    )
    assert [hit.text for hit in prompt.hits] == ["Bob likes rum"]
    assert prompt.long_term_memories == prompt.hits
    assert prompt.report[0].section == "memories"
    assert prompt.tokens == 42


@pytest.mark.parametrize(
    ("search", "path"),
    [
        ({"filter": {}}, "long_term_search.filter"),
        ({"filters": {"user": "alice"}}, "long_term_search.filters.user"),
        ({"filters": {"user_id": {"equals": "a"}}}, "long_term_search.filters.user_id.equals"),
        ({"topics": {"some": ["a"]}}, "long_term_search.topics.some"),
        ({"recency": {"half_life": 3}}, "long_term_search.recency.half_life"),
    ],
)
async def test_what_the_search_does_not_know_is_refused(
    client: MemoryAPIClient, search: dict[str, Any], path: str
) -> None:
    """Unknown keys at every depth raise with their path, and no call is made."""
    with pytest.raises(MemoryValidationError) as raised:
        await client.memory_prompt("q", session_id="chat", long_term_search=search)
    assert [field for field, _ in raised.value.field_violations] == [path]


async def test_the_callers_dictionary_is_left_alone(client: MemoryAPIClient) -> None:
    """Nothing is written into the search that was passed."""
    search = {"filters": {"user_id": {"eq": "alice"}}}
    await client.memory_prompt("q", long_term_search=search, namespace="home")
    assert search == {"filters": {"user_id": {"eq": "alice"}}}


async def test_a_search_keeps_to_the_user_of_the_call(client: MemoryAPIClient) -> None:
    """`user_id` is a bound of the search where its filters name nobody."""
    prompt = await client.memory_prompt("drinks", user_id="bob", long_term_search=True)
    assert [hit.text for hit in prompt.hits] == ["Bob likes rum"]


async def test_the_query_can_be_left_out(client: MemoryAPIClient) -> None:
    """Callers that add the question themselves get the prompt without it."""
    prompt = await client.memory_prompt(
        "What now?", session_id="chat", namespace="home", include_query=False
    )
    assert prompt.messages[-1]["role"] == "tool"


async def test_a_prompt_of_long_term_memory_alone(
    client: MemoryAPIClient, services: Services
) -> None:
    """Filters are keyword arguments, and the options reach the server."""
    prompt = await client.hydrate_memory_prompt(
        "drinks", user_id="alice", search_mode="keyword", min_score=0.2, limit=3, token_budget=99
    )
    assert [hit.text for hit in prompt.hits] == ["Alice likes tea"]
    (call,) = services.recorder.calls("BuildMemoryPrompt")
    assert not call.request.HasField("session")
    assert (call.request.long_term_search.limit, call.request.token_budget) == (3, 99)
    assert call.request.long_term_search.query.min_score == 0.2
