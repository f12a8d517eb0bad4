"""Strands' memory store on memory: `StrandsMemoryStore`, a `MemoryStore`.

Messages go to a session as they are, and the services extract the facts: no model is called here.
"""

import json
from typing import Any

from strands.memory import MemoryEntry, MemoryStore, SearchOptions
from strands.memory.types import AddMessagesContext, Metadata
from strands.types.content import Message
from ulid import ULID

from agent_memory_client import MemoryAPIClient, MemoryMessage
from agent_memory_client.integrations._bridge import derived_id


class StrandsMemoryStore(MemoryStore):
    """A store of Strands' `MemoryManager`, for one user.

    ::

        store = StrandsMemoryStore(MemoryAPIClient("http://localhost:8000"), user_id="alice")
        agent = Agent(memory_manager=MemoryManager(stores=[store], add_tool_config=True))
    """

    def __init__(
        self,
        client: MemoryAPIClient,
        *,
        user_id: str,
        namespace: str | None = None,
        session_id: str | None = None,
        name: str = "agent-memory",
        description: str = "What is remembered of the user from earlier conversations.",
        max_search_results: int = 5,
        writable: bool = True,
        extraction: bool = True,
    ) -> None:
        """Keep the settings.

        Args:
            client: Reaches the services.
            user_id: Whose memories they are.
            namespace: Their namespace.
            session_id: Session that the messages go to; one of this store's own when absent.
            name: Name of the store in the tools.
            description: What a model reads about it.
            max_search_results: How many memories a search answers.
            writable: Whether a model may add memories.
            extraction: Whether messages are handed over by themselves.
        """
        self._client = client
        self._user_id = user_id
        self._namespace = namespace
        self._session_id = session_id or f"strands-{ULID()}"
        self.name = name
        self.description = description
        self.max_search_results = max_search_results
        self.writable = writable
        self.extraction = extraction
        self._run = str(ULID())
        self._highest = -1
        self._latest: tuple[list[int], str] | None = None

    async def search(self, query: str, options: SearchOptions | None = None) -> list[MemoryEntry]:
        """Find memories, the best first."""
        limit = (options or {}).get("max_search_results") or self.max_search_results
        bounds: dict[str, Any] = {"user_id": {"eq": self._user_id}}
        if self._namespace is not None:
            bounds["namespace"] = {"eq": self._namespace}
        found = await self._client.search_long_term_memory(query, limit=limit, filters=bounds)
        return [
            MemoryEntry(
                content=memory.text,
                metadata=memory.metadata
                | memory.model_dump(
                    mode="json",
                    include={"id", "memory_type", "topics", "entities", "score", "event_date"},
                    exclude_none=True,
                ),
            )
            for memory in found.memories
        ]

    async def add(self, content: str, metadata: Metadata | None = None) -> str:
        """Store a memory, which is found at once; answers the id of the one that holds it.

        Raises:
            MemoryClientError: It is refused.
        """
        record = {
            "text": content,
            "metadata": metadata or {},
            "user_id": self._user_id,
            "namespace": self._namespace,
        }
        created = await self._client.create_long_term_memories([record])
        created.raise_for_rejected()
        return created.ids[0]

    async def add_messages(
        self, messages: list[Message], context: AddMessagesContext | None = None
    ) -> None:
        """Hand messages over for extraction; those of a batch that is repeated are known again."""
        if not messages:
            return
        numbers = context.sequence_numbers if context else None
        ids = self._ids(messages, numbers) if numbers else [None] * len(messages)
        read = [MemoryMessage.model_validate(dict(message)) for message in messages]
        await self._client.append_messages_to_working_memory(
            self._session_id,
            [
                message.model_copy(update={"id": each})
                for message, each in zip(read, ids, strict=True)
            ],
            user_id=self._user_id,
            namespace=self._namespace,
        )

    def _ids(self, messages: list[Message], numbers: list[int]) -> list[str | None]:
        """Name messages by their run and number; numbers begin anew with a run."""
        batch = (list(numbers), json.dumps(messages, default=str))
        if numbers[0] <= self._highest and batch != self._latest:
            self._run = str(ULID())
        self._latest, self._highest = batch, max(numbers)
        return [derived_id(self._run, str(number)) for number in numbers]

    def get_tools(self) -> list[Any]:
        """Answer no tools but the manager's."""
        return []
