"""Microsoft Agent Framework on memory: a history of sessions, and what is remembered for a run."""

from collections.abc import Sequence
from typing import Any

from agent_framework import (
    AgentSession,
    ContextProvider,
    HistoryProvider,
    Message,
    SessionContext,
    SupportsAgentRun,
)

from agent_memory_client import MemoryAPIClient, MemoryClientError, MemoryMessage
from agent_memory_client.integrations._bridge import Conversation

_ROLES = frozenset({"user", "assistant", "system", "tool"})


class AgentMemoryHistoryProvider(HistoryProvider):
    """Messages of a session, kept as a session of working memory.

    They are kept whole, and facts are extracted from what is said in them.
    """

    def __init__(
        self,
        client: MemoryAPIClient,
        *,
        user_id: str | None = None,
        namespace: str | None = None,
        source_id: str = "agent-memory-history",
        **options: Any,
    ) -> None:
        """Keep the settings.

        Args:
            client: Reaches the services.
            user_id: Owner of the sessions.
            namespace: Their namespace.
            source_id: Names this provider.
            **options: Other options of `HistoryProvider`.
        """
        super().__init__(source_id, **options)
        self._client = client
        self._user_id = user_id
        self._namespace = namespace

    async def get_messages(
        self,
        session_id: str | None,
        *,
        state: dict[str, Any] | None = None,  # noqa: ARG002 - the framework's signature
        **_: Any,
    ) -> list[Message]:
        """Answer the messages of a session, the oldest first."""
        if session_id is None:
            return []
        return [_read(each) for each in await self._conversation(session_id).read(self._client)]

    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,  # noqa: ARG002 - the framework's signature
        **_: Any,
    ) -> None:
        """Add messages to the end of a session; without a session there is none to keep."""
        if session_id is not None and messages:
            written = [_written(message) for message in messages]
            await self._conversation(session_id).add(self._client, written)

    def _conversation(self, session_id: str) -> Conversation:
        return Conversation(session_id, self._namespace, self._user_id)


class AgentMemoryContextProvider(ContextProvider):
    """Memories that a question brings along, as an instruction of the run.

    A memory that cannot be reached takes nothing from an answer but what is remembered.
    """

    def __init__(
        self,
        client: MemoryAPIClient,
        *,
        user_id: str | None = None,
        namespace: str | None = None,
        max_results: int = 5,
        source_id: str = "agent-memory",
    ) -> None:
        """Keep the settings.

        Args:
            client: Reaches the services.
            user_id: Whose memories they are; the `user_id` of the session's state when absent.
            namespace: Their namespace.
            max_results: How many memories a question brings along.
            source_id: Names this provider.
        """
        super().__init__(source_id)
        self._client = client
        self._user_id = user_id
        self._namespace = namespace
        self._max_results = max_results

    async def before_run(
        self,
        *,
        agent: SupportsAgentRun,  # noqa: ARG002 - the framework's signature
        session: AgentSession,
        context: SessionContext,
        state: dict[str, Any],  # noqa: ARG002 - the framework's signature
    ) -> None:
        """Add what is known for the question."""
        question = "\n".join(each.text for each in context.input_messages if each.role == "user")
        user = self._user_id or session.state.get("user_id")
        if not question.strip():
            return
        bounds = {"user_id": user, "namespace": self._namespace}
        try:
            found = await self._client.search_long_term_memory(
                question,
                limit=self._max_results,
                filters={name: {"eq": value} for name, value in bounds.items() if value},
            )
        except MemoryClientError:
            return
        if found.memories:
            lines = "\n".join(f"- {memory.text}" for memory in found.memories)
            context.extend_instructions(self.source_id, f"What is remembered of the user:\n{lines}")


def _written(message: Message) -> MemoryMessage:
    role = str(message.role)
    return MemoryMessage(
        role=role if role in _ROLES else "user",
        content=message.text or "",
        original=message.to_dict(),
    )


def _read(message: MemoryMessage) -> Message:
    given = message.as_given()
    if given.get("type") != "message" and "contents" not in given:
        return Message(role=message.role, contents=[message.content])
    return Message.from_dict(given)
