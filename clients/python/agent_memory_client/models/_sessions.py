"""Sessions: messages, what working memory holds of them, and prompts built from it."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, field_validator, model_validator

from agent_memory_client import _types
from agent_memory_client.models._content import ContentPart, ToolCall, read_message
from agent_memory_client.models._memories import MemoryRecord


class MemoryMessage(_types.Model):
    """One message, in these fields or as a chat API or its SDK writes it.

    Messages of OpenAI (chat completions and responses), Anthropic, Gemini and LangChain are taken
    as their `model_dump()` has them, or as objects of these SDKs, and kept whole: `content` is
    their text, `parts` is all they consist of, and `as_given` answers them as they came.

    Without an id, the server takes a message that equals one already in view, in role, content
    and order, for that message; so a history may be sent again as a whole.
    """

    role: _types.Text = Field(
        description="`user`, `assistant`, `system`, `tool` or a role of your own."
    )
    content: _types.Text = Field(
        default="",
        description="What is said; the text of the parts, where there are some.",
    )
    id: _types.Text | None = Field(
        default=None, description="Identifies the message within its session."
    )
    name: _types.Text | None = Field(
        default=None, description="The speaker, where speakers have names."
    )
    tool_calls: list[ToolCall] = Field(default_factory=list)
    tool_call_id: _types.Text | None = Field(
        default=None, description="The call that a `tool` message answers."
    )
    created_at: _types.UtcDatetime | None = Field(
        default=None, description="When it was said; absent means when the server received it."
    )
    recalled: bool = Field(
        default=False, description="Put there from memory: shown, but nothing is extracted from it."
    )
    skip_extraction: bool = Field(
        default=False, description="Shown and kept, but nothing is learned from it."
    )
    parts: list[ContentPart] = Field(
        default_factory=list,
        description="What it consists of, where that is more than one plain text.",
    )
    original: dict[str, Any] | None = Field(
        default=None, description="The message as its provider writes it, where it came so."
    )
    sequence: int | None = Field(
        default=None, description="Position in the log. Set by the server."
    )
    whole_bytes: int | None = Field(
        default=None,
        description="Bytes of a tool's answer that is shortened here; the log has all of it."
        " Set by the server.",
    )

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        if isinstance(value, BaseModel) and not isinstance(value, MemoryMessage):
            value = value.model_dump()
        return (
            read_message(value, frozenset(cls.model_fields))
            if isinstance(value, Mapping)
            else value
        )

    def as_given(self) -> dict[str, Any]:
        """Answer the message as its provider writes it, or as chat APIs do where it has no such."""
        if self.original is not None:
            return dict(self.original)
        chat: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.name:
            chat["name"] = self.name
        if self.tool_calls:
            chat["tool_calls"] = [call.as_openai() for call in self.tool_calls]
        if self.tool_call_id:
            chat["tool_call_id"] = self.tool_call_id
        return chat

    @field_validator("content", mode="before")
    @classmethod
    def _no_content(cls, value: Any) -> Any:
        return "" if value is None else value

    @field_validator("tool_calls", mode="before")
    @classmethod
    def _no_tool_calls(cls, value: Any) -> Any:
        return [] if value is None else value


StrategyName = Literal["discrete", "summary", "preferences", "custom", "none"]


class StrategyOptions(_types.Model):
    """Options of a strategy."""

    custom_prompt: _types.Text | None = Field(
        default=None, description="Instructions of the custom strategy."
    )
    max_summary_length: int | None = Field(
        default=None, ge=1, le=_types.LARGEST_INT32, description="Words of a thread summary."
    )
    language: _types.Text | None = Field(
        default=None,
        description="BCP 47 tag of the language a model writes facts in; none is the"
        " conversation's own.",
    )


class MemoryStrategyConfig(_types.Model):
    """Strategy by which extraction looks at the session's messages."""

    strategy: StrategyName = "discrete"
    config: StrategyOptions = Field(default_factory=StrategyOptions)
    index_messages: bool | None = Field(
        default=None,
        description="Whether searches find what is said from now on; absent means no with the"
        " strategy `none`, and else as the server is set, which is yes by default.",
    )


class SequenceRange(_types.Model):
    """A stretch of the log, both ends included."""

    first: int
    last: int


class ForkOrigin(_types.Model):
    """Session that another one was copied from."""

    session_id: _types.Text
    session_uid: _types.Text = Field(description="Names its incarnation.")
    last_sequence: int = Field(description="The last message that was copied.")


class WorkingMemory(_types.Model):
    """A session as a reader sees it; its log keeps every message that was ever accepted.

    Fields from `context_range` on are the server's, and ignored when it is sent.
    """

    session_id: _types.Text | None = Field(
        default=None, description="Taken from the call where absent."
    )
    namespace: _types.Text | None = None
    user_id: _types.Text | None = Field(default=None, description="The session's owner; set once.")
    messages: list[MemoryMessage] = Field(default_factory=list, description="Oldest first.")
    memories: list[MemoryRecord] = Field(
        default_factory=list, description="Stored in long-term memory in the background."
    )
    data: dict[str, Any] = Field(default_factory=dict, description="Your own state; JSON.")
    context: _types.Text | None = Field(default=None, description="Summary of what left the view.")
    long_term_memory_strategy: MemoryStrategyConfig = Field(default_factory=MemoryStrategyConfig)
    ttl_seconds: int | None = Field(
        default=None,
        ge=1,
        le=_types.LONGEST_SECONDS,
        description=(
            "How long it lives after its last write; none for what the server gives the namespace."
        ),
    )
    sliding_ttl: bool = Field(default=False, description="Reads renew the time to live too.")
    time_zone: _types.Text | None = Field(
        default=None, description="IANA zone in which relative dates are meant."
    )
    context_range: SequenceRange | None = Field(default=None, description="What `context` covers.")
    expires_at: _types.UtcDatetime | None = None
    created_at: _types.UtcDatetime | None = None
    updated_at: _types.UtcDatetime | None = None
    etag: _types.Text | None = Field(default=None, description="Changes with every write.")
    session_uid: _types.Text | None = Field(
        default=None, description="Names this incarnation of the session."
    )
    last_sequence: int = Field(default=0, description="Position of the last message in the log.")
    view_size: int = Field(default=0, description="Messages in view, before any limit of the read.")
    tokens: int = Field(default=0, description="Tokens of the messages in view.")
    context_percentage_total_used: float | None = Field(
        default=None, description="Tokens over the window, 0 to 100; none where no window is known."
    )
    context_percentage_until_summarization: float | None = Field(
        default=None, description="Tokens over the size at which summarization starts, 0 to 100."
    )

    forked_from: ForkOrigin | None = Field(
        default=None, description="The session that it was copied from."
    )

    @field_validator("messages", "memories", mode="before")
    @classmethod
    def _no_items(cls, value: Any) -> Any:
        return [] if value is None else value

    @field_validator("data", mode="before")
    @classmethod
    def _no_data(cls, value: Any) -> Any:
        return {} if value is None else value


WorkingMemoryResponse = WorkingMemory


class SessionUpdate(_types.Model):
    """New values of a session's fields; only those that are given change, and none clears one."""

    data: dict[str, Any] | None = None
    context: _types.Text | None = None
    ttl_seconds: int | None = Field(default=None, ge=1, le=_types.LONGEST_SECONDS)
    sliding_ttl: bool | None = None
    long_term_memory_strategy: MemoryStrategyConfig | None = None
    time_zone: _types.Text | None = None


class WorkingMemoryResult(NamedTuple):
    """A session that exists, and whether this call created it."""

    created: bool
    memory: WorkingMemory


class AppendResult(_types.Model):
    """Messages that are in the log now, each with its id and sequence."""

    messages: list[MemoryMessage]
    new_message_count: int = Field(description="How many of them were new to the log.")
    last_sequence: int
    etag: _types.Text
    session_uid: _types.Text
    created: bool = Field(description="Whether this call created the session.")


class AddMemoriesResult(_types.Model):
    """Memories that are in the session now, each with its id."""

    memories: list[MemoryRecord]
    etag: _types.Text
    session_uid: _types.Text


class SessionInfo(_types.Model):
    """A session in a listing."""

    session_id: _types.Text
    namespace: _types.Text | None
    user_id: _types.Text | None
    created_at: _types.UtcDatetime | None
    updated_at: _types.UtcDatetime | None
    expires_at: _types.UtcDatetime | None
    view_size: int
    last_sequence: int


class SessionListResponse(_types.Model):
    """A page of sessions, the latest written first."""

    sessions: list[_types.Text] = Field(description="Their ids.")
    details: list[SessionInfo]
    total: int = Field(description="How many sessions match in all.")
    next_cursor: _types.Text | None = None
    next_offset: int | None = None


class MessageListResponse(_types.Model):
    """A page of a session's log."""

    messages: list[MemoryMessage]
    total: int = Field(description="How many messages the log holds.")
    next_cursor: _types.Text | None = None


class SessionChange(_types.Model):
    """News for a watcher: a change of a session, or a sign of life without one."""

    kind: _types.Text | None = Field(
        description="`created`, `messages`, `updated`, `summarized` or `deleted`."
    )
    etag: _types.Text | None = Field(description="The session's after it; none where it is gone.")
    messages: list[MemoryMessage] = Field(description="Those that joined, for `messages`.")
    changed_at: _types.UtcDatetime | None
    resume_token: _types.Text = Field(description="Continues a watch after this.")
