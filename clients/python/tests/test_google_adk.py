"""ADK's memory and session services, with ADK's own sessions, events and runner."""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.errors.already_exists_error import AlreadyExistsError
from google.adk.errors.session_not_found_error import SessionNotFoundError
from google.adk.events import Event, EventActions
from google.adk.memory.memory_entry import MemoryEntry
from google.adk.runners import Runner
from google.adk.sessions import BaseSessionService, InMemorySessionService, Session
from google.adk.sessions.base_session_service import GetSessionConfig
from google.genai import types

from agent_memory_client import MemoryAPIClient
from agent_memory_client.integrations.google_adk import (
    AgentMemoryService,
    AgentMemorySessionService,
)


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


def acted(*parts: types.Part, **delta: Any) -> Event:
    """An event of an agent that changes state, with what only ADK knows of it."""
    content = types.Content(role="model", parts=list(parts)) if parts else None
    changes = {key.replace("__", ":"): value for key, value in delta.items()}
    return Event(
        author="helper",
        invocation_id="i1",
        branch="root.helper",
        content=content,
        actions=EventActions(state_delta=changes),
        long_running_tool_ids={"b", "a"},
    )


def plain(session: Session | None) -> Any:
    """A session as JSON, without the time that its store chose."""
    return session and session.model_dump(mode="json", exclude={"last_update_time"})


EVENTS = [
    event("user", types.Part(text="I live in Lyon.")),
    acted(
        types.Part(function_call=types.FunctionCall(name="book", args={"seat": "12A"}, id="1")),
        step=1,
        user__diet="vegan",
        app__greeting="hello",
        temp__scratch=[1],
    ),
    event(
        "helper",
        types.Part(inline_data=types.Blob(data=b"\xff\x00", mime_type="image/png")),
        types.Part(text="", thought=True),
    ),
    acted(step=2, nested={"a": [1, None, "x"]}, gone=None),
    event("helper", types.Part(text="Noted.")),
]


async def spoken(service: BaseSessionService, app: str, user: str) -> list[Any]:
    """What a service answers while a conversation goes on."""
    scope = {"app_name": app, "user_id": user}
    given = {"step": 0, "user:name": "Ann", "app:limit": 3, "temp:x": 1}
    session = await service.create_session(**scope, session_id=f"s-{user}", state=given)
    answers = [plain(session)]
    for each in EVENTS:
        await service.append_event(session, each.model_copy(deep=True))
    await service.append_event(session, EVENTS[-1].model_copy(deep=True))
    answers.append(plain(session))
    configs = (
        None,
        GetSessionConfig(num_recent_events=2),
        GetSessionConfig(num_recent_events=0),
        GetSessionConfig(after_timestamp=EVENTS[2].timestamp),
    )
    answers += [
        plain(await service.get_session(**scope, session_id=f"s-{user}", config=config))
        for config in configs
    ]
    other = await service.create_session(**scope, session_id=f"t-{user}")
    answers += [plain(other), await service.get_user_state(**scope)]
    listed = (await service.list_sessions(**scope)).sessions
    answers.append([each.id for each in listed])
    with pytest.raises(AlreadyExistsError):
        await service.create_session(**scope, session_id=f"t-{user}")
    answers.append(await service.get_session(**scope, session_id="none"))
    await service.delete_session(**scope, session_id=f"t-{user}")
    await service.delete_session(**scope, session_id=f"t-{user}")
    answers.append(await service.get_session(**scope, session_id=f"t-{user}"))
    with pytest.raises(SessionNotFoundError):
        await service.append_event(other, EVENTS[0].model_copy(deep=True))
    answers.append(await service.get_session(**scope, session_id=f"t-{user}"))
    return answers


async def test_sessions_answer_what_adks_own_service_answers(
    client: MemoryAPIClient, unique: str
) -> None:
    """Events whole and in order, state of the session, of its user and of the application."""
    app = f"app-{unique}"
    expected = await spoken(InMemorySessionService(), app, unique)
    assert await spoken(AgentMemorySessionService(client), app, unique) == expected


async def test_what_is_said_is_learned_once_and_is_of_its_user(
    client: MemoryAPIClient, unique: str
) -> None:
    """A runner speaks; adding the session to memory adds nothing; another user sees nothing."""

    class Parrot(BaseAgent):
        """An agent without a model."""

        async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
            yield Event(
                author=self.name,
                invocation_id=ctx.invocation_id,
                content=types.ModelContent("Noted."),
            )

    service, memory = AgentMemorySessionService(client), AgentMemoryService(client)
    scope = {"app_name": "travel", "user_id": unique}
    session = await service.create_session(**scope, session_id=f"run-{unique}")
    runner = Runner(
        app_name="travel",
        agent=Parrot(name="parrot"),
        session_service=service,
        memory_service=memory,
    )
    said = types.UserContent("I prefer window seats and I live in Lyon.")
    told = [
        each
        async for each in runner.run_async(user_id=unique, session_id=session.id, new_message=said)
    ]
    assert [each.author for each in told] == ["parrot"]
    whole = await service.get_session(**scope, session_id=session.id)
    assert whole is not None
    await memory.add_session_to_memory(whole)
    log = await client.list_messages(session.id, namespace="travel", user_id=unique)
    assert [each.role for each in log.messages] == ["user", "assistant"]
    await client.wait_for_extraction(session.id, namespace="travel", user_id=unique)
    assert any("window seats" in each for each in await texts(memory, "travel", unique, "seats"))
    stranger = {"app_name": "travel", "user_id": f"not-{unique}"}
    assert await service.get_session(**stranger, session_id=session.id) is None
    with pytest.raises(AlreadyExistsError):
        await service.create_session(**stranger, session_id=session.id)
    prompt = await client.memory_prompt(
        "And now?", session_id=session.id, namespace="travel", user_id=unique
    )
    assert [turn["role"] for turn in prompt.for_gemini()["contents"]] == ["user", "model", "user"]
    await service.delete_session(**scope, session_id=session.id)
    with pytest.raises(SessionNotFoundError):
        await service.append_event(session, event("user", types.Part(text="Are you there?")))
    assert any("window seats" in each for each in await texts(memory, "travel", unique, "seats"))


async def test_a_session_of_anybody_is_read_as_events(client: MemoryAPIClient, unique: str) -> None:
    """Messages that no agent of ADK wrote have their authors and times."""
    at = datetime(2026, 5, 1, tzinfo=UTC)
    await client.append_messages_to_working_memory(
        unique,
        [{"role": "user", "content": "Hello", "created_at": at}],
        namespace="travel",
        user_id=unique,
    )
    session = await AgentMemorySessionService(client).get_session(
        app_name="travel", user_id=unique, session_id=unique
    )
    assert session is not None
    (read,) = session.events
    assert read.content is not None
    assert (read.author, read.timestamp) == ("user", at.timestamp())
    assert [part.text for part in read.content.parts or []] == ["Hello"]
