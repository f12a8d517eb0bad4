"""Pydantic AI's toolset and capability, in runs of an agent whose model is scripted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.pydantic_ai import AgentMemory, memory_toolset


@dataclass
class Deps:
    """Dependencies of a run."""

    user_id: str


@pytest.fixture
async def client(url: str) -> AsyncIterator[MemoryAPIClient]:
    """A client of the stack."""
    async with MemoryAPIClient(url) as client:
        yield client


def calling(*calls: tuple[str, Any]) -> tuple[FunctionModel, list[str]]:
    """A model that makes these calls, one a turn, and the list of what it is told."""
    told: list[str] = []

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        latest = messages[-1]
        assert isinstance(latest, ModelRequest)
        told.append(" ".join(str(getattr(part, "content", "")) for part in latest.parts))
        told[-1] += f" | {info.instructions or ''}"
        turn = len(told) - 1
        if turn < len(calls):
            return ModelResponse([ToolCallPart(*calls[turn])])
        return ModelResponse([TextPart("Done.")])

    return FunctionModel(answer), told


async def test_a_model_remembers_and_finds_for_the_user_of_a_run(
    client: MemoryAPIClient, unique: str
) -> None:
    """Whatever user it names itself, and however it writes its arguments."""
    model, told = calling(
        ("eagerly_create_long_term_memory", {"text": "User likes tea"}),
        ("search_memory", {"q": "drinks", "limit": "2"}),
        ("search_memory", {"query": "drinks", "user_id": "somebody"}),
        ("search_memory", {"wrong": 1}),
    )
    agent = Agent(model, deps_type=Deps, toolsets=[memory_toolset(client)])
    done = await agent.run("Hello", deps=Deps(unique))
    assert done.output == "Done."
    assert "created: User likes tea" in told[1]
    assert "likes tea" in told[2]
    assert "Nothing that is remembered matches" in told[3]
    assert "search_memory takes a JSON object" in told[4]


async def test_what_is_known_comes_with_the_question(client: MemoryAPIClient, unique: str) -> None:
    """As instructions of the request, and for that user alone."""
    await client.create_long_term_memories([{"text": "User likes tea", "user_id": unique}])
    for user, expected in ((unique, True), (f"not-{unique}", False)):
        model, told = calling()
        agent = Agent(model, deps_type=Deps, capabilities=[AgentMemory(client)])
        await agent.run("What shall I drink?", deps=Deps(user))
        assert ("User likes tea" in told[0]) is expected


async def test_an_agent_answers_where_memory_is_away() -> None:
    """Nothing is recalled, and nothing fails."""
    async with MemoryAPIClient("http://127.0.0.1:9", timeout=1) as away:
        model, told = calling()
        agent = Agent(model, capabilities=[AgentMemory(away, user_id="ada")])
        assert (await agent.run("Hello")).output == "Done."
        assert told == ["Hello | "]
