"""Tools of the MCP server: what a model reads about them, and what does them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import mcp_types as types
from pydantic import Field

from agent_memory_client._async import tools as handlers
from agent_memory_client._async.memories import MemoryMethods
from agent_memory_client.models import MemoryMessage
from agent_memory_client.tools import _calls
from agent_memory_client.tools import _definitions as definitions
from agent_memory_client.tools._schema import parameters_of

_LOG_SHOWN: Final = 200
_STATED: Final = ("semantic", "episodic")


class ListMemories(definitions.ToolArguments):
    """Arguments of `list_memories`."""

    topics: list[str] | None = Field(default=None, description="Only memories about one of these.")
    entities: list[str] | None = Field(
        default=None, description="Only memories that mention one of these."
    )
    memory_type: definitions.StoredType | None = Field(
        default=None, description="Only facts, or only events."
    )
    max_results: int = Field(default=20, ge=1, le=100, description="How many memories to answer.")
    offset: int = Field(default=0, ge=0, description="How many to skip, to see more of the list.")


class MemoryPrompt(definitions.ToolArguments):
    """Arguments of `memory_prompt`."""

    query: definitions.Words = Field(description="The question that the prompt is for.")
    session_id: str | None = Field(
        default=None, description="The session whose messages and summary go in, too."
    )
    max_results: int = Field(default=10, ge=1, le=100, description="How many memories to add.")
    token_budget: int | None = Field(default=None, ge=1, description="The most tokens to take.")


class ReadSession(definitions.ToolArguments):
    """Arguments of `read_session`."""

    session_id: definitions.Words = Field(description="The session's id.")
    max_results: int = Field(
        default=20, ge=1, le=_LOG_SHOWN, description="How many of the latest messages to answer."
    )


class SaidMessage(definitions.ToolArguments):
    """One message."""

    text: definitions.Words = Field(description="What was said, word for word.")
    role: str = Field(default="user", description="Who said it: `user` or `assistant`.")


class AppendToSession(definitions.ToolArguments):
    """Arguments of `append_to_session`."""

    session_id: definitions.Words = Field(
        description="The session's id; a new one begins a session."
    )
    messages: list[SaidMessage] = Field(
        min_length=1, max_length=100, description="What was said since the last time, in order."
    )


@dataclass(frozen=True, slots=True)
class ServedTool:
    """A tool of the server.

    Attributes:
        definition: its name, description and arguments.
        handler: what does it.
        hints: what clients should know before they let a model call it.
    """

    definition: definitions.ToolDefinition
    handler: handlers.Handler
    hints: types.ToolAnnotations

    def described(self) -> types.Tool:
        """Describe the tool to clients."""
        return types.Tool(
            name=self.definition.name,
            description=self.definition.description,
            input_schema=parameters_of(self.definition.arguments),
            annotations=self.hints,
        )


async def _list_memories(
    client: MemoryMethods, scope: _calls.ToolScope, asked: ListMemories
) -> _calls.ToolAnswer:
    """List memories within the scope, the newest first."""
    # What was merely said is found by a search, and would fill a list.
    narrowing: dict[str, Any] = {
        "memory_type": {"any": [asked.memory_type] if asked.memory_type else _STATED}
    }
    for name in ("topics", "entities"):
        if values := getattr(asked, name):
            narrowing[name] = {"any": values}
    page = await client.list_long_term_memories(
        filters=scope.filters(narrowing), limit=asked.max_results, offset=asked.offset
    )
    zone = await handlers.zone_of_reader(client, scope)
    result = {
        "memories": [_calls.as_json(each, zone, {}) for each in page.memories],
        "total": page.total,
        "next_offset": page.next_offset,
    }
    lines = [_calls.in_words(each, zone, {}) for each in page.memories]
    if page.next_offset is not None:
        lines.append(f"There is more from offset {page.next_offset} on.")
    return _calls.ToolAnswer(result, "\n".join(lines) or "Nothing is remembered that matches.")


async def _memory_prompt(
    client: MemoryMethods, scope: _calls.ToolScope, asked: MemoryPrompt
) -> _calls.ToolAnswer:
    """Build a prompt of what is known."""
    prompt = await client.memory_prompt(
        asked.query,
        session_id=asked.session_id,
        namespace=scope.namespace,
        user_id=scope.user_id,
        long_term_search={"limit": asked.max_results, "filters": scope.filters()},
        token_budget=asked.token_budget,
    )
    messages = [{"role": each["role"], "content": each["content"]} for each in prompt.messages]
    text = "\n\n".join(f"{each['role']}: {each['content']}" for each in messages)
    return _calls.ToolAnswer({"messages": messages, "tokens": prompt.tokens}, text)


async def _read_session(
    client: MemoryMethods, scope: _calls.ToolScope, asked: ReadSession
) -> _calls.ToolAnswer:
    """Read a session as its readers see it."""
    session = await client.get_working_memory(
        asked.session_id,
        namespace=scope.namespace,
        user_id=scope.user_id,
        recent_messages_limit=asked.max_results,
    )
    zone = await handlers.zone_of_reader(client, scope)
    result = {
        "session_id": session.session_id,
        "context": session.context,
        "messages": [{"role": each.role, "content": each.content} for each in session.messages],
        "data": session.data,
        "messages_in_view": session.view_size,
    }
    return _calls.ToolAnswer(result, handlers.session_in_words(session, zone))


async def _append_to_session(
    client: MemoryMethods, scope: _calls.ToolScope, asked: AppendToSession
) -> _calls.ToolAnswer:
    """Add messages to a session, from where facts are extracted."""
    appended = await client.append_messages_to_working_memory(
        asked.session_id,
        [MemoryMessage(role=each.role, content=each.text) for each in asked.messages],
        namespace=scope.namespace,
        user_id=scope.user_id,
    )
    result = {
        "session_id": asked.session_id,
        "new_messages": appended.new_message_count,
        "last_sequence": appended.last_sequence,
    }
    return _calls.ToolAnswer(
        result, f"{appended.new_message_count} messages were added; facts follow in the background."
    )


_READS: Final = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS: Final = types.ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_APPENDS: Final = types.ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
_CHANGES: Final = types.ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
_Tool = definitions.ToolDefinition

TOOLS: Final[Mapping[str, ServedTool]] = {
    tool.definition.name: tool
    for tool in (
        ServedTool(
            _Tool(
                "remember",
                definitions.EAGERLY_CREATE_MEMORY.description,
                definitions.CreateMemories,
            ),
            handlers.HANDLERS[definitions.EAGERLY_CREATE_MEMORY.name],
            _ADDS,
        ),
        ServedTool(
            _Tool(
                "search_memories",
                definitions.SEARCH_MEMORY.description,
                definitions.SearchMemory,
            ),
            handlers.HANDLERS[definitions.SEARCH_MEMORY.name],
            _READS,
        ),
        ServedTool(
            _Tool(
                "list_memories",
                "List what is remembered, the newest first, to see what there is. To find "
                "something, search instead.",
                ListMemories,
            ),
            _list_memories,
            _READS,
        ),
        ServedTool(
            _Tool("edit_memory", definitions.EDIT_MEMORY.description, definitions.EditMemory),
            handlers.HANDLERS[definitions.EDIT_MEMORY.name],
            _CHANGES,
        ),
        ServedTool(
            _Tool(
                "forget_memories",
                definitions.DELETE_MEMORIES.description,
                definitions.DeleteMemories,
            ),
            handlers.HANDLERS[definitions.DELETE_MEMORIES.name],
            _CHANGES,
        ),
        ServedTool(
            _Tool(
                "memory_prompt",
                "Get everything that is known for a question as the messages of a prompt: "
                "standing preferences, matching memories, and a session's summary and messages.",
                MemoryPrompt,
            ),
            _memory_prompt,
            _READS,
        ),
        ServedTool(
            _Tool(
                "read_session",
                "Read a stored conversation: its summary, latest messages and data.",
                ReadSession,
            ),
            _read_session,
            _READS,
        ),
        ServedTool(
            _Tool(
                "append_to_session",
                "Store what was said in a conversation; facts are extracted from it in the "
                "background. Send only what was said since the last time.",
                AppendToSession,
            ),
            _append_to_session,
            _APPENDS,
        ),
    )
}
