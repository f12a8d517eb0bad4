"""What is remembered."""

from enum import StrEnum
from typing import Any

from pydantic import Field, field_validator
from ulid import ULID

from agent_memory_client.models.base import Model
from agent_memory_client.models.times import UtcDatetime


class MemoryTypeEnum(StrEnum):
    """What kind of thing is remembered."""

    SEMANTIC = "semantic"
    EPISODIC = "episodic"
    MESSAGE = "message"


class TimePrecision(StrEnum):
    """How exactly the time of an event is known."""

    INSTANT = "instant"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"


class Provenance(Model):
    """Where a memory comes from."""

    session_uid: str | None = Field(default=None, description="The session's incarnation.")
    message_ids: list[str] = Field(default_factory=list, description="Messages that state it.")
    strategy: str | None = Field(
        default=None, description="Extraction strategy that looked for it."
    )
    extractor: str | None = Field(
        default=None, description="Extractor that found it; none for a caller's."
    )
    extractor_version: str | None = None
    memory_ids: list[str] = Field(default_factory=list, description="Memories it was made from.")


class Validity(Model):
    """When a memory is true in the world."""

    valid_from: UtcDatetime | None = None
    invalid_from: UtcDatetime | None = Field(
        default=None, description="No longer true from then on."
    )
    superseded_by: str | None = Field(
        default=None, description="What replaced it. Set by the server."
    )
    reason: str | None = Field(default=None, description="Why it ended. Set by the server.")


class MemoryRecord(Model):
    """One memory.

    The id is a new ULID unless given, so storing the same object again changes nothing. Fields
    from `created_at` on are the server's; of them only `created_at` may be given.
    """

    id: str = Field(default_factory=lambda: str(ULID()))
    text: str = Field(description="One self-contained statement.")
    memory_type: MemoryTypeEnum = MemoryTypeEnum.SEMANTIC
    topics: list[str] = Field(default_factory=list)
    entities: list[str] = Field(default_factory=list)
    user_id: str | None = Field(default=None, description="Whose memory it is.")
    session_id: str | None = Field(default=None, description="The session it comes from.")
    namespace: str | None = None
    event_date: UtcDatetime | None = Field(
        default=None, description="When it happened or will happen."
    )
    event_precision: TimePrecision = TimePrecision.INSTANT
    metadata: dict[str, Any] = Field(default_factory=dict, description="Your own data; JSON.")
    pinned: bool = Field(
        default=False, description="Never merged, forgotten or archived while true."
    )
    standing: bool = Field(default=False, description="A preference every prompt should consider.")
    context: str | None = Field(default=None, description="Words around it that help to find it.")
    slot: str | None = Field(
        default=None, description="`subject/attribute` of a fact with one value."
    )
    provenance: Provenance | None = None
    validity: Validity | None = None
    expires_at: UtcDatetime | None = Field(
        default=None, description="When it ceases to exist by nature."
    )
    created_at: UtcDatetime | None = None
    updated_at: UtcDatetime | None = None
    last_accessed: UtcDatetime | None = None
    access_count: int = 0
    proof_count: int = Field(default=0, description="How many independent statements support it.")
    content_hash: str | None = None
    embedding_model: str | None = None
    etag: str | None = Field(default=None, description="Changes with every change of the memory.")
    merged_into: str | None = None
    archived_at: UtcDatetime | None = None
    sequence: int | None = Field(default=None, description="Position in the log, of a message.")

    @field_validator("id", mode="before")
    @classmethod
    def _no_id(cls, value: Any) -> Any:
        return value or str(ULID())

    @field_validator("topics", "entities", mode="before")
    @classmethod
    def _no_values(cls, value: Any) -> Any:
        return [] if value is None else value

    @property
    def extracted_from(self) -> list[str]:
        """Ids of the messages that state it."""
        return self.provenance.message_ids if self.provenance else []


class MemoryUpdate(Model):
    """New values of a memory's fields; only those that are given change, and none clears one."""

    text: str | None = None
    memory_type: MemoryTypeEnum | None = None
    topics: list[str] | None = None
    entities: list[str] | None = None
    user_id: str | None = None
    session_id: str | None = None
    namespace: str | None = None
    event_date: UtcDatetime | None = None
    event_precision: TimePrecision | None = Field(
        default=None, description="Goes with `event_date`."
    )
    metadata: dict[str, Any] | None = None
    pinned: bool | None = None
    standing: bool | None = None
    context: str | None = None
    slot: str | None = None
    validity: Validity | None = None
    expires_at: UtcDatetime | None = None


ClientMemoryRecord = MemoryRecord
ExtractedMemoryRecord = MemoryRecord
