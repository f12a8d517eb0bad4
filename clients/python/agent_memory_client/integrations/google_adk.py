"""Google ADK on memory: `AgentMemoryService` and `AgentMemorySessionService`.

An application is a namespace. Events become messages of a session, kept whole, from which facts are
extracted; a search answers facts, events and what was said.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from google.adk.errors.already_exists_error import AlreadyExistsError
from google.adk.errors.session_not_found_error import SessionNotFoundError
from google.adk.events import Event
from google.adk.memory import BaseMemoryService
from google.adk.memory.base_memory_service import SearchMemoryResponse
from google.adk.memory.memory_entry import MemoryEntry
from google.adk.sessions import BaseSessionService, Session, State
from google.adk.sessions.base_session_service import GetSessionConfig, ListSessionsResponse
from google.genai import types
from pydantic_core import to_jsonable_python
from ulid import ULID

from agent_memory_client import MemoryAPIClient, MemoryNotFoundError, MemoryPermissionError
from agent_memory_client.integrations._bridge import derived_id
from agent_memory_client.models import ContentPart, MemoryMessage, MemoryRecordResult

_EVENTS_PER_CALL: Final = 100
_LOG_PAGE: Final = 1000
_LISTED: Final = 10_000
_EVENT: Final = "event"
_STATES: Final = "google-adk-state-"
_APP_STATE: Final = f"{_STATES}app"


class AgentMemoryService(BaseMemoryService):
    """Memory of ADK's agents, by application and user.

    ::

        memory = AgentMemoryService(MemoryAPIClient("http://localhost:8000"))
        runner = Runner(..., memory_service=memory)
    """

    def __init__(self, client: MemoryAPIClient, *, max_results: int = 10) -> None:
        """Keep the settings.

        Args:
            client: Reaches the services.
            max_results: How many memories a search answers.
        """
        self._client = client
        self._max_results = max_results

    async def add_session_to_memory(self, session: Session) -> None:
        """Add the events of a session; those that were added before are left alone."""
        await self.add_events_to_memory(
            app_name=session.app_name,
            user_id=session.user_id,
            events=session.events,
            session_id=session.id,
        )

    async def add_events_to_memory(
        self,
        *,
        app_name: str,
        user_id: str,
        events: Sequence[Event],
        session_id: str | None = None,
        custom_metadata: Mapping[str, object] | None = None,  # noqa: ARG002 - none is known here
    ) -> None:
        """Add events; those that were added before, by their ids, are left alone."""
        messages = [_message(event) for event in events if _says_something(event)]
        for start in range(0, len(messages), _EVENTS_PER_CALL):
            await self._client.append_messages_to_working_memory(
                session_id or derived_id("google-adk", user_id),
                messages[start : start + _EVENTS_PER_CALL],
                namespace=app_name,
                user_id=user_id,
            )

    async def add_memory(
        self,
        *,
        app_name: str,
        user_id: str,
        memories: Sequence[MemoryEntry],
        custom_metadata: Mapping[str, object] | None = None,
    ) -> None:
        """Store memories as they are.

        Raises:
            MemoryClientError: One of them is refused.
        """
        records: list[dict[str, Any]] = [
            {
                "text": _text(entry.content),
                "user_id": user_id,
                "namespace": app_name,
                "event_date": entry.timestamp,
                "metadata": {**(custom_metadata or {}), **entry.custom_metadata},
                **({"id": entry.id} if entry.id else {}),
            }
            for entry in memories
        ]
        created = await self._client.create_long_term_memories(records)
        created.raise_for_rejected()

    async def search_memory(
        self, *, app_name: str, user_id: str, query: str
    ) -> SearchMemoryResponse:
        """Find memories of a user in an application, the best first."""
        found = await self._client.search_long_term_memory(
            query, user_id=user_id, namespace=app_name, limit=self._max_results
        )
        return SearchMemoryResponse(memories=[_entry(memory) for memory in found.memories])

    async def delete_memory(
        self, *, app_name: str, user_id: str, memory_id: str | None = None
    ) -> None:
        """Delete a memory of a user in an application; one that is not there is no error.

        Raises:
            ValueError: No id is given.
        """
        if not memory_id:
            raise ValueError("memory_id is needed: a search answers it")
        try:
            memory = await self._client.get_long_term_memory(memory_id)
        except MemoryNotFoundError:
            return
        if (memory.user_id, memory.namespace) == (user_id, app_name):
            await self._client.delete_long_term_memories([memory_id])


class AgentMemorySessionService(BaseSessionService):
    """Sessions of ADK's agents in working memory: events whole and in order, and state.

    The events are the messages from which `AgentMemoryService` learns; with both, adding a session
    to memory adds nothing twice. The id of a session belongs to one user of an application.
    Deleting a session keeps what was learned from it. Values of the state are kept as JSON.

    ::

        client = MemoryAPIClient("http://localhost:8000")
        runner = Runner(..., session_service=AgentMemorySessionService(client))
    """

    def __init__(self, client: MemoryAPIClient) -> None:
        """Keep the client."""
        self._client = client

    async def create_session(
        self,
        *,
        app_name: str,
        user_id: str,
        state: dict[str, Any] | None = None,
        session_id: str | None = None,
    ) -> Session:
        """Create a session.

        Raises:
            AlreadyExistsError: There is one with this id.
            MemoryClientError: It may not be created.
        """
        name = (session_id or "").strip() or str(ULID())
        scope: dict[str, Any] = {"namespace": app_name, "user_id": user_id}
        try:
            created, _ = await self._client.get_or_create_working_memory(name, **scope)
        except MemoryPermissionError as error:
            if error.reason != "OWNER_MISMATCH":
                raise
            created = False
        if not created:
            raise AlreadyExistsError(f"Session with id {name} already exists.")
        await self._keep_state(app_name, user_id, name, state or {})
        made = await self.get_session(app_name=app_name, user_id=user_id, session_id=name)
        if made is None:
            raise SessionNotFoundError(f"Session {name} not found.")
        return made

    async def get_session(
        self,
        *,
        app_name: str,
        user_id: str,
        session_id: str,
        config: GetSessionConfig | None = None,
    ) -> Session | None:
        """Answer a session with its events, or the latest of them; none where there is none."""
        name = session_id.strip()
        try:
            kept = await self._client.get_working_memory(
                name, namespace=app_name, user_id=user_id, recent_messages_limit=1
            )
        except MemoryNotFoundError:
            return None
        most = config.num_recent_events if config else None
        since = config.after_timestamp if config else None
        events = await self._events(app_name, user_id, name, most)
        return Session(
            id=name,
            app_name=app_name,
            user_id=user_id,
            state=dict(kept.data) | await self._shared_state(app_name, user_id),
            events=[each for each in events if since is None or each.timestamp >= since],
            last_update_time=kept.updated_at.timestamp() if kept.updated_at else 0.0,
        )

    async def list_sessions(
        self, *, app_name: str, user_id: str | None = None
    ) -> ListSessionsResponse:
        """List sessions without events and state, that of the latest change last."""
        listed = await self._client.list_sessions(
            limit=_LISTED, namespace=app_name, user_id=user_id
        )
        return ListSessionsResponse(
            sessions=[
                Session(
                    id=each.session_id,
                    app_name=app_name,
                    user_id=each.user_id or "",
                    last_update_time=each.updated_at.timestamp() if each.updated_at else 0.0,
                )
                for each in reversed(listed.details)
                if not each.session_id.startswith(_STATES)
            ]
        )

    async def delete_session(self, *, app_name: str, user_id: str, session_id: str) -> None:
        """Delete a session; one that is not there is no error."""
        await self._client.delete_working_memory(
            session_id.strip(), namespace=app_name, user_id=user_id, keep_memories=True
        )

    async def get_user_state(self, *, app_name: str, user_id: str) -> dict[str, Any]:
        """Answer what all sessions of a user in an application share."""
        return await self._data(app_name, user_id, _state_of(user_id))

    async def append_event(self, session: Session, event: Event) -> Event:
        """Add an event to the end of a session; one that is there already changes nothing.

        Raises:
            SessionNotFoundError: There is no such session any more.
        """
        if event.partial:
            return event
        self._apply_temp_state(session, event)
        event = self._trim_temp_delta_state(event)
        scope: dict[str, Any] = {"namespace": session.app_name, "user_id": session.user_id}
        added = await self._client.append_messages_to_working_memory(
            session.id, [_message(event)], **scope
        )
        if added.created:
            # What was learned before the session went stays, as it did then.
            await self._client.delete_working_memory(session.id, **scope, keep_memories=True)
            raise SessionNotFoundError(f"Session {session.id} not found.")
        if added.messages[0].sequence == added.last_sequence:
            # Of one that is added again, nothing that came later is undone.
            delta = event.actions.state_delta
            await self._keep_state(session.app_name, session.user_id, session.id, delta)
        if added.new_message_count:
            self._commit_event_to_session(session, event)
            session.last_update_time = event.timestamp
        return event

    async def _events(
        self, app_name: str, user_id: str, session_id: str, most: int | None
    ) -> list[Event]:
        """Read the log, or its end, the oldest first."""
        events: list[Event] = []
        cursor = None
        while most is None or len(events) < most:
            left = _LOG_PAGE if most is None else min(most - len(events), _LOG_PAGE)
            page = await self._client.list_messages(
                session_id,
                namespace=app_name,
                user_id=user_id,
                limit=left,
                descending=most is not None,
                cursor=cursor,
            )
            events += [_event(message) for message in page.messages]
            cursor = page.next_cursor
            if not cursor:
                break
        return events if most is None else events[::-1]

    async def _shared_state(self, app_name: str, user_id: str) -> dict[str, Any]:
        """Read what sessions of an application and of a user share, by its names in a session."""
        of_app = await self._data(app_name, None, _APP_STATE)
        of_user = await self.get_user_state(app_name=app_name, user_id=user_id)
        return {f"{State.APP_PREFIX}{key}": value for key, value in of_app.items()} | {
            f"{State.USER_PREFIX}{key}": value for key, value in of_user.items()
        }

    async def _data(self, app_name: str, user_id: str | None, session_id: str) -> dict[str, Any]:
        try:
            kept = await self._client.get_working_memory(
                session_id, namespace=app_name, user_id=user_id, recent_messages_limit=1
            )
        except MemoryNotFoundError:
            return {}
        return dict(kept.data)

    async def _keep_state(
        self, app_name: str, user_id: str, session_id: str, state: Mapping[str, Any]
    ) -> None:
        """Keep new values where each belongs; those for one invocation alone are kept nowhere."""
        places: dict[tuple[str | None, str], dict[str, Any]] = {}
        for key, value in to_jsonable_python(dict(state), fallback=str).items():
            if key.startswith(State.TEMP_PREFIX):
                continue
            place: tuple[str | None, str]
            if key.startswith(State.APP_PREFIX):
                place, name = (None, _APP_STATE), key.removeprefix(State.APP_PREFIX)
            elif key.startswith(State.USER_PREFIX):
                place, name = (user_id, _state_of(user_id)), key.removeprefix(State.USER_PREFIX)
            else:
                place, name = (user_id, session_id), key
            places.setdefault(place, {})[name] = value
        for (owner, place_id), data in places.items():
            await self._client.update_working_memory_data(
                place_id, data, namespace=app_name, user_id=owner
            )


def _state_of(user_id: str) -> str:
    """Name the session that holds what a user's sessions share."""
    return f"{_STATES}{derived_id('google-adk', user_id)}"


def _says_something(event: Event) -> bool:
    return bool(event.content and event.content.parts) and not event.partial


def _message(event: Event) -> MemoryMessage:
    """Make a message of an event; what it is besides its content stands beside that."""
    content = event.content or types.Content(role="model", parts=[])
    given = {"role": "user", "parts": [], **content.model_dump(mode="json", exclude_none=True)}
    rest = event.model_dump(mode="json", exclude_none=True, exclude={"content"})
    message = MemoryMessage.model_validate(given)
    return message.model_copy(
        update={
            "id": event.id or None,
            "role": "assistant" if message.role == "model" else message.role,
            "created_at": datetime.fromtimestamp(event.timestamp, UTC),
            "parts": message.parts
            or ([] if message.content else [ContentPart(kind="other", text=_EVENT)]),
            "original": {**given, _EVENT: {**rest, "has_content": event.content is not None}},
        }
    )


def _event(message: MemoryMessage) -> Event:
    """Make an event of a message, be it one that nobody wrote as an event."""
    original = message.original or {}
    kept = dict(original.get(_EVENT) or {})
    has_content = kept.pop("has_content", True)
    if "parts" in original:
        given = {key: value for key, value in original.items() if key != _EVENT}
        content = types.Content.model_validate(given)
    else:
        role = "model" if message.role == "assistant" else "user"
        content = types.Content(role=role, parts=[types.Part(text=message.content)])
    said = message.created_at
    known = {
        "id": message.id or "",
        "author": content.role or "",
        "timestamp": said.timestamp() if said else 0.0,
        **kept,
    }
    return Event.model_validate(known | ({"content": content} if has_content else {}))


def _text(content: types.Content) -> str:
    return "\n".join(part.text for part in content.parts or [] if part.text)


def _entry(memory: MemoryRecordResult) -> MemoryEntry:
    said = memory.event_date or memory.created_at
    known = memory.model_dump(mode="json", include={"memory_type", "topics", "entities", "score"})
    return MemoryEntry(
        id=memory.id,
        content=types.Content(role="user", parts=[types.Part(text=memory.text)]),
        author=memory.user_id,
        timestamp=said.isoformat() if said else None,
        custom_metadata={**memory.metadata, **known},
    )
