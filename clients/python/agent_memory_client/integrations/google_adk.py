"""Google ADK's memory service on memory: `AgentMemoryService`, a `BaseMemoryService`.

An application is a namespace. Events become messages of a session, from which facts are extracted;
a search answers facts, events and what was said.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from google.adk.events import Event
from google.adk.memory import BaseMemoryService
from google.adk.memory.base_memory_service import SearchMemoryResponse
from google.adk.memory.memory_entry import MemoryEntry
from google.adk.sessions import Session
from google.genai import types

from agent_memory_client import MemoryAPIClient, MemoryNotFoundError
from agent_memory_client.integrations._bridge import derived_id
from agent_memory_client.models import MemoryMessage, MemoryRecordResult

_EVENTS_PER_CALL = 100


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


def _says_something(event: Event) -> bool:
    return bool(event.content and event.content.parts) and not event.partial


def _message(event: Event) -> MemoryMessage:
    content = event.content or types.Content()
    message = MemoryMessage.model_validate(
        {"role": "user", **content.model_dump(mode="json", exclude_none=True)}
    )
    said = datetime.fromtimestamp(event.timestamp, UTC)
    return message.model_copy(update={"id": event.id or None, "created_at": said})


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
