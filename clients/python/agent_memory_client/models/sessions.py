"""Sessions: what working memory holds."""

from typing import Any, Literal, NamedTuple

from pydantic import Field, field_validator

from agent_memory_client.models.base import Model
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.models.messages import MemoryMessage
from agent_memory_client.models.times import UtcDatetime

StrategyName = Literal["discrete", "summary", "preferences", "custom", "none"]


class StrategyOptions(Model):
    """What a strategy may be told."""

    custom_prompt: str | None = Field(
        default=None, description="Instructions of the custom strategy."
    )
    max_summary_length: int | None = Field(
        default=None, ge=1, description="Words of a thread summary."
    )


class MemoryStrategyConfig(Model):
    """What extraction looks for in the session's messages."""

    strategy: StrategyName = "discrete"
    config: StrategyOptions = Field(default_factory=StrategyOptions)


class SequenceRange(Model):
    """A stretch of the log, both ends included."""

    first: int
    last: int


class WorkingMemory(Model):
    """A session as a reader sees it; its log keeps every message that was ever accepted.

    Fields from `context_range` on are the server's, and ignored when it is sent.
    """

    session_id: str | None = Field(default=None, description="Taken from the call where absent.")
    namespace: str | None = None
    user_id: str | None = Field(default=None, description="The session's owner; set once.")
    messages: list[MemoryMessage] = Field(default_factory=list, description="Oldest first.")
    memories: list[MemoryRecord] = Field(
        default_factory=list, description="Stored in long-term memory in the background."
    )
    data: dict[str, Any] = Field(default_factory=dict, description="Your own state; JSON.")
    context: str | None = Field(default=None, description="Summary of what left the view.")
    long_term_memory_strategy: MemoryStrategyConfig = Field(default_factory=MemoryStrategyConfig)
    ttl_seconds: int | None = Field(
        default=None, ge=1, description="How long it lives after its last write; none for ever."
    )
    time_zone: str | None = Field(
        default=None, description="IANA zone in which relative dates are meant."
    )
    context_range: SequenceRange | None = Field(default=None, description="What `context` covers.")
    expires_at: UtcDatetime | None = None
    created_at: UtcDatetime | None = None
    updated_at: UtcDatetime | None = None
    etag: str | None = Field(default=None, description="Changes with every write.")
    session_uid: str | None = Field(
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

    @field_validator("messages", "memories", mode="before")
    @classmethod
    def _no_items(cls, value: Any) -> Any:
        return [] if value is None else value

    @field_validator("data", mode="before")
    @classmethod
    def _no_data(cls, value: Any) -> Any:
        return {} if value is None else value


WorkingMemoryResponse = WorkingMemory


class SessionUpdate(Model):
    """New values of a session's fields; only those that are given change, and none clears one."""

    data: dict[str, Any] | None = None
    context: str | None = None
    ttl_seconds: int | None = Field(default=None, ge=1)
    long_term_memory_strategy: MemoryStrategyConfig | None = None
    time_zone: str | None = None


class WorkingMemoryResult(NamedTuple):
    """A session that exists, and whether this call created it."""

    created: bool
    memory: WorkingMemory


class AppendResult(Model):
    """Messages that are in the log now, each with its id and sequence."""

    messages: list[MemoryMessage]
    new_message_count: int = Field(description="How many of them were new to the log.")
    last_sequence: int
    etag: str
    session_uid: str
    created: bool = Field(description="Whether this call created the session.")


class AddMemoriesResult(Model):
    """Memories that are in the session now, each with its id."""

    memories: list[MemoryRecord]
    etag: str
    session_uid: str


class SessionInfo(Model):
    """A session in a listing."""

    session_id: str
    namespace: str | None
    user_id: str | None
    created_at: UtcDatetime | None
    updated_at: UtcDatetime | None
    expires_at: UtcDatetime | None
    view_size: int
    last_sequence: int


class SessionListResponse(Model):
    """A page of sessions, the latest written first."""

    sessions: list[str] = Field(description="Their ids.")
    details: list[SessionInfo]
    total: int = Field(description="How many sessions match in all.")
    next_cursor: str | None = None
    next_offset: int | None = None


class MessageListResponse(Model):
    """A page of a session's log."""

    messages: list[MemoryMessage]
    total: int = Field(description="How many messages the log holds.")
    next_cursor: str | None = None


class SessionChange(Model):
    """What a watcher is told: a change of a session, or a sign of life without one."""

    kind: str | None = Field(
        description="`created`, `messages`, `updated`, `summarized` or `deleted`."
    )
    etag: str | None = Field(description="The session's after it; none where it is gone.")
    messages: list[MemoryMessage] = Field(description="Those that joined, for `messages`.")
    changed_at: UtcDatetime | None
    resume_token: str = Field(description="Continues a watch after this.")
