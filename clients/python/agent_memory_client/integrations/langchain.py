"""LangChain on memory: a chat history, tools for a model, and a retriever."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, messages_from_dict
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool, ToolException
from pydantic import ConfigDict, Field, PrivateAttr

from agent_memory_client import MemoryClientConfig, MemoryMessage
from agent_memory_client.integrations._bridge import Clients, Conversation, run_now
from agent_memory_client.models import MemoryRecordResult
from agent_memory_client.tools._arguments import read_arguments
from agent_memory_client.tools._definitions import TOOLS, ToolDefinition


class AgentMemoryChatMessageHistory(BaseChatMessageHistory):
    """Messages of a conversation, kept as a session of working memory.

    They are kept whole, and facts are extracted from what is said in them. `clear` keeps what was
    learned.
    """

    def __init__(
        self,
        session_id: str,
        base_url: str | MemoryClientConfig | None = None,
        *,
        user_id: str | None = None,
        namespace: str | None = None,
        **options: Any,
    ) -> None:
        """Keep the settings; nothing is connected yet.

        Args:
            session_id: The session.
            base_url: Where the services are reached, or a whole configuration.
            user_id: Its owner.
            namespace: Its namespace.
            **options: Other options of `MemoryAPIClient`.
        """
        self._clients = Clients(base_url, **options)
        self._conversation = Conversation(session_id, namespace, user_id)

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]
        """The messages, the oldest first."""
        return _read(run_now(self._conversation.read(self._clients.now)))

    async def aget_messages(self) -> list[BaseMessage]:
        """Answer the messages, the oldest first."""
        return _read(await self._conversation.read(self._clients.waiting))

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Add messages to the end."""
        run_now(self._conversation.add(self._clients.now, messages))

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Add messages to the end."""
        await self._conversation.add(self._clients.waiting, messages)

    def clear(self) -> None:
        """Delete the messages."""
        run_now(self._conversation.clear(self._clients.now))

    async def aclear(self) -> None:
        """Delete the messages."""
        await self._conversation.clear(self._clients.waiting)


def _read(messages: Sequence[MemoryMessage]) -> list[BaseMessage]:
    return [_message(message) for message in messages]


def _message(message: MemoryMessage) -> BaseMessage:
    """Make a message of LangChain, of its own kind where it was one."""
    kinds = {"user": "human", "assistant": "ai"}
    given = message.as_given()
    if "type" not in given:
        given = {"content": message.content, "name": message.name}
        if message.tool_call_id:
            given["tool_call_id"] = message.tool_call_id
    kind = str(given.get("type") or kinds.get(message.role, message.role))
    if kind not in {"human", "ai", "system", "tool", "function", "chat"}:
        kind, given = "chat", {**given, "role": message.role}
    (made,) = messages_from_dict([{"type": kind, "data": {**given, "type": kind}}])
    return made


class LangChainMemoryTool(BaseTool):
    """A tool over memory, within the bounds that the application sets.

    Arguments are read as models write them. What goes wrong is told to the model, unless
    `handle_tool_error` says otherwise.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    handle_tool_error: Any = True
    scope: dict[str, Any] = Field(default_factory=dict, exclude=True)
    clients: Any = Field(exclude=True)

    @classmethod
    def of(cls, tool: ToolDefinition, clients: Clients, scope: Mapping[str, Any]) -> BaseTool:
        """Make the tool of a definition."""
        return cls(
            name=tool.name,
            description=tool.description,
            args_schema=tool.arguments,
            clients=clients,
            scope=dict(scope),
        )

    def _parse_input(
        self, tool_input: str | dict[str, Any], _tool_call_id: str | None
    ) -> dict[str, Any]:
        # The client reads them: it understands more than the schema allows.
        return {"arguments": read_arguments(tool_input)}

    def _run(self, arguments: Mapping[str, Any]) -> str:
        return _told(run_now(self._call(self.clients.now, arguments)))

    async def _arun(self, arguments: Mapping[str, Any]) -> str:
        return _told(await self._call(self.clients.waiting, arguments))

    async def _call(self, client: Any, arguments: Mapping[str, Any]) -> Any:
        return await client.resolve_function_call(self.name, arguments, **self.scope)


def _told(result: Any) -> str:
    if not result.success:
        raise ToolException(result.formatted_response)
    return str(result.formatted_response)


def memory_tools(
    base_url: str | MemoryClientConfig | None = None,
    *,
    user_id: str | None = None,
    namespace: str | None = None,
    session_id: str | None = None,
    names: Sequence[str] = ("search_memory", "eagerly_create_long_term_memory"),
    **options: Any,
) -> list[BaseTool]:
    """Make tools for a model, which cannot leave the user and the namespace.

    Args:
        base_url: Where the services are reached, or a whole configuration.
        user_id: The only owner within reach.
        namespace: The only namespace within reach.
        session_id: The conversation, for tools over working memory.
        names: Which tools, by the names of `MemoryAPIClient.get_all_memory_tool_schemas`.
        **options: Other options of `MemoryAPIClient`.

    Raises:
        KeyError: There is no tool of a name.
    """
    clients = Clients(base_url, **options)
    scope = {"user_id": user_id, "namespace": namespace, "session_id": session_id}
    return [LangChainMemoryTool.of(TOOLS[name], clients, scope) for name in names]


class AgentMemoryRetriever(BaseRetriever):
    """Memories as documents, the best first.

    Attributes:
        base_url: Where the services are reached, or a whole configuration.
        k: How many to answer.
        criteria: Conditions and options of the search, as `search_long_term_memory` takes them.
        options: Other options of `MemoryAPIClient`.
    """

    base_url: str | MemoryClientConfig | None = None
    k: int = 5
    criteria: dict[str, Any] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    _clients: Clients = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Make the clients; nothing is connected yet."""
        super().model_post_init(context)
        self._clients = Clients(self.base_url, **self.options)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's signature
        k: int | None = None,
    ) -> list[Document]:
        return run_now(self._found(self._clients.now, query, k))

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's signature
        k: int | None = None,
    ) -> list[Document]:
        return await self._found(self._clients.waiting, query, k)

    async def _found(self, client: Any, query: str, k: int | None) -> list[Document]:
        found = await client.search_long_term_memory(
            query, limit=self.k if k is None else k, **self.criteria
        )
        return [_document(memory) for memory in found.memories]


def _document(memory: MemoryRecordResult) -> Document:
    kept = {"memory_type", "topics", "entities", "user_id", "namespace", "session_id", "score"}
    metadata = memory.model_dump(
        mode="json", include={*kept, "event_date", "created_at"}, exclude_none=True
    )
    return Document(id=memory.id, page_content=memory.text, metadata=memory.metadata | metadata)
