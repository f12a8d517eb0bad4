"""OpenAI Agents' sessions, by themselves and in runs of an agent whose model is scripted."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from agents import Agent, Model, ModelResponse, Runner, Usage, set_tracing_disabled
from openai.types.responses import ResponseOutputMessage, ResponseOutputText

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.openai_agents import AgentMemorySession

set_tracing_disabled(True)

ITEMS: list[Any] = [
    {"role": "user", "content": "I prefer window seats."},
    {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "A preference."}],
        "encrypted_content": "Zm9v",
    },
    {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "book",
        "arguments": '{"seat": "12A"}',
        "status": "completed",
    },
    {"type": "function_call_output", "call_id": "call_1", "output": ""},
    {"role": "assistant", "content": ""},
    {
        "type": "message",
        "id": "__fake_id__",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Booked.", "annotations": []}],
    },
]


@dataclass
class User:
    """Context of a run."""

    user_id: str


@dataclass
class Scripted(Model):
    """A model that always says the same, and keeps what it was asked."""

    asked: list[Any] = field(default_factory=list)

    async def get_response(self, *given: Any, **named: Any) -> ModelResponse:
        """Answer once."""
        self.asked.append(named.get("input", given[1] if len(given) > 1 else None))
        text = ResponseOutputText(text="Noted.", type="output_text", annotations=[])
        said = ResponseOutputMessage(
            id="__fake_id__", content=[text], role="assistant", status="completed", type="message"
        )
        return ModelResponse(output=[said], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        """Is not asked for."""
        raise NotImplementedError


@pytest.fixture
def session(url: str, unique: str) -> AgentMemorySession:
    """An empty session."""
    return AgentMemorySession(unique, url, namespace="agents")


async def test_items_are_kept_whole_and_in_order(session: AgentMemorySession) -> None:
    """Reasoning, calls, empty outputs, and ids that repeat."""
    assert await session.get_items() == []
    await session.add_items(ITEMS)
    await session.add_items(ITEMS[-1:])
    assert await session.get_items() == [*ITEMS, ITEMS[-1]]
    assert await session.get_items(limit=2) == [ITEMS[-1], ITEMS[-1]]
    assert await session.get_items(limit=0) == []


async def test_the_latest_item_is_popped(session: AgentMemorySession) -> None:
    """One after the other, until none is left."""
    await session.add_items(ITEMS)
    popped = [await session.pop_item() for _ in range(len(ITEMS) + 1)]
    assert popped == [*ITEMS[::-1], None]
    await session.add_items(ITEMS[:1])
    assert await session.get_items() == ITEMS[:1]


async def test_a_cleared_session_begins_anew(session: AgentMemorySession) -> None:
    """Also where there was nothing."""
    await session.clear_session()
    await session.add_items(ITEMS)
    await session.clear_session()
    assert await session.get_items() == []


async def test_a_long_output_of_a_tool_is_whole(session: AgentMemorySession) -> None:
    """However a prompt would show it."""
    item: Any = {"type": "function_call_output", "call_id": "call_1", "output": "x" * 400_000}
    await session.add_items([item])
    assert await session.get_items() == [item]
    assert await session.pop_item() == item


async def test_a_run_remembers_for_the_user_of_its_context(url: str, unique: str) -> None:
    """The second run is told what the first one said, and facts are the user's."""
    model, user = Scripted(), f"user-{unique}"
    agent = Agent(name="Helper", model=model)
    session = AgentMemorySession(unique, url)
    await Runner.run(agent, "I live in Lyon.", session=session, context=User(user))
    again = await Runner.run(agent, "Where do I live?", session=session, context=User(user))
    assert again.final_output == "Noted."
    assert [each["role"] for each in model.asked[1]] == ["user", "assistant", "user"]
    async with MemoryAPIClient(url) as memory:
        await memory.wait_for_extraction(unique, user_id=user)
        found = await memory.search_long_term_memory(
            "home", user_id=user, memory_type={"eq": "semantic"}
        )
    assert any("Lyon" in each.text for each in found.memories)
