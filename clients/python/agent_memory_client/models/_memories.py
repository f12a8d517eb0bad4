"""Memories as callers write and read them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import (
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)
from ulid import ULID

from agent_memory_client import _types


class MemoryTypeEnum(StrEnum):
    """Kinds of memories."""

    SEMANTIC = "semantic"
    EPISODIC = "episodic"
    MESSAGE = "message"


class TimePrecision(StrEnum):
    """Precision of the time of an event."""

    INSTANT = "instant"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"


class ClaimModality(StrEnum):
    """Reality of what a claim says."""

    FACT = "fact"
    PLAN = "plan"
    WISH = "wish"
    ABILITY = "ability"
    OBLIGATION = "obligation"
    POSSIBILITY = "possibility"
    INSTRUCTION = "instruction"


class Provenance(_types.Model):
    """Origin of a memory."""

    session_uid: _types.Text | None = Field(default=None, description="The session's incarnation.")
    message_ids: list[_types.Text] = Field(
        default_factory=list, description="Messages that state it."
    )
    strategy: _types.Text | None = Field(
        default=None, description="Extraction strategy that looked for it."
    )
    extractor: _types.Text | None = Field(
        default=None, description="Extractor that found it; none for a caller's."
    )
    extractor_version: _types.Text | None = None
    memory_ids: list[_types.Text] = Field(
        default_factory=list, description="Memories it was made from."
    )
    ended_memory_ids: list[_types.Text] = Field(
        default_factory=list,
        description="Memories that it ends or corrects, by the word of whoever found it.",
    )
    compared_memory_ids: list[_types.Text] = Field(
        default_factory=list,
        description="Memories that whoever found it compared it with.",
    )
    other_session_uids: list[_types.Text] = Field(
        default_factory=list,
        description="Other sessions that say the same in the same words. Set by the server.",
    )


class Validity(_types.Model):
    """Time in which a memory is true in the world."""

    valid_from: _types.UtcDatetime | None = None
    invalid_from: _types.UtcDatetime | None = Field(
        default=None, description="No longer true from then on."
    )
    superseded_by: _types.Text | None = Field(
        default=None, description="What replaced it. Set by the server."
    )
    reason: _types.Text | None = Field(default=None, description="Why it ended. Set by the server.")


def _with_precision(values: Any) -> Any:
    """Add that a day alone is known to the day."""
    if not isinstance(values, Mapping) or values.get("event_precision") is not None:
        return values
    written = values.get("event_date")
    named = isinstance(written, str) and bool(_types.NAMED_DAY.fullmatch(written.strip()))
    return (
        {**values, "event_precision": TimePrecision.DAY}
        if named or _types.is_day(written)
        else values
    )


def _in_own_zone(value: Any, info: ValidationInfo) -> Any:
    """Read a day or a time without a zone as one of the event's own zone."""
    zone = info.data.get("event_time_zone")
    if value is None or not zone:
        return value
    written = _WHEN.validate_python(value)
    aware = isinstance(written, datetime) and written.tzinfo is not None
    return written if aware else _types.moment_of(written, _types.zone_of(zone))


_WHEN: TypeAdapter[datetime | date] = TypeAdapter(_types.When)


class Quantity(_types.Model):
    """A number and what it counts."""

    value: _types.Text = Field(description="A decimal number.")
    unit: _types.Text = Field(default="", description="Its unit, or what it counts.")


class Claim(_types.Model):
    """One thing that a memory says of somebody or something."""

    holder: _types.Text = Field(description="Of whom or what, such as `user/sister`.")
    relation: _types.Text = Field(description="What kind of thing, such as `live`.")
    value: _types.Text = Field(default="", description="Its normalised content words.")
    negated: bool = Field(default=False, description="It is denied.")
    modality: ClaimModality = ClaimModality.FACT
    quantities: list[Quantity] = Field(default_factory=list)
    limits: list[_types.Text] = Field(
        default_factory=list, description="Times and places that it is limited to."
    )
    single: bool = Field(default=False, description="Its holder has one such value at a time.")
    ended: bool = Field(default=False, description="It says that the value holds no more.")


class MemoryRecord(_types.Model):
    """One memory.

    The id is a new ULID unless given, so storing the same object again changes nothing. Fields
    from `created_at` on are the server's; of them only `created_at` may be given.
    """

    id: _types.Text = Field(default_factory=lambda: str(ULID()))
    text: _types.Text = Field(description="One self-contained statement.")
    memory_type: MemoryTypeEnum = MemoryTypeEnum.SEMANTIC
    topics: list[_types.Text] = Field(default_factory=list)
    entities: list[_types.Text] = Field(default_factory=list)
    user_id: _types.Text | None = Field(default=None, description="Whose memory it is.")
    session_id: _types.Text | None = Field(default=None, description="The session it comes from.")
    namespace: _types.Text | None = None
    event_time_zone: _types.Text | None = Field(
        default=None, description="IANA zone of the user, whose day or moment `event_date` is."
    )
    event_date: _types.UtcDatetime | None = Field(
        default=None,
        description="When it happened or will happen. A day alone, or a time without a zone, is "
        "one of `event_time_zone`, or of UTC.",
    )
    event_precision: TimePrecision = Field(
        default=TimePrecision.INSTANT, description="`day` where `event_date` is a day alone."
    )
    metadata: dict[str, Any] = Field(default_factory=dict, description="Your own data; JSON.")
    pinned: bool = Field(
        default=False, description="Never merged, forgotten or archived while true."
    )
    standing: bool = Field(default=False, description="A preference every prompt should consider.")
    context: _types.Text | None = Field(
        default=None, description="Words around it that help to find it."
    )
    slot: _types.Text | None = Field(
        default=None, description="`subject/attribute` of a fact with one value."
    )
    language: _types.Text | None = Field(
        default=None, description="BCP 47 tag of the text's language, such as `de`."
    )
    claims: list[Claim] = Field(
        default_factory=list, description="What its text claims; read from it where empty."
    )
    provenance: Provenance | None = None
    validity: Validity | None = None
    expires_at: _types.UtcDatetime | None = Field(
        default=None, description="When it ceases to exist by nature."
    )
    sliding_ttl_seconds: int | None = Field(
        default=None,
        ge=1,
        le=_types.LONGEST_SECONDS,
        description="How long it lives after it was last written, found or read by its id.",
    )
    created_at: _types.UtcDatetime | None = None
    updated_at: _types.UtcDatetime | None = None
    last_accessed: _types.UtcDatetime | None = None
    access_count: int = Field(default=0, ge=0, le=_types.LARGEST_INT64)
    proof_count: int = Field(
        default=0,
        ge=0,
        le=_types.LARGEST_INT32,
        description="How many independent statements support it.",
    )
    content_hash: _types.Text | None = Field(default=None, repr=False)
    embedding_model: _types.Text | None = Field(default=None, repr=False)
    etag: _types.Text | None = Field(
        default=None, description="Changes with every change of the memory."
    )
    merged_into: _types.Text | None = None
    conflicts_with: list[_types.Text] = Field(
        default_factory=list,
        description="Memories that contradict it while nothing tells which one is true.",
    )
    forget_requested_at: _types.UtcDatetime | None = Field(
        default=None, description="When its user asked to forget it, where that only marks it."
    )
    archived_at: _types.UtcDatetime | None = None
    sequence: int | None = Field(
        default=None,
        ge=0,
        le=_types.LARGEST_INT64,
        description="Position in the log, of a message.",
    )

    _precise = model_validator(mode="before")(_with_precision)
    _own_day = field_validator("event_date", mode="before")(_in_own_zone)

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
        """List the ids of the messages that state it."""
        return self.provenance.message_ids if self.provenance else []


class MemoryUpdate(_types.Model):
    """New values of a memory's fields; only those that are given change, and none clears one."""

    text: _types.Text | None = None
    memory_type: MemoryTypeEnum | None = None
    topics: list[_types.Text] | None = None
    entities: list[_types.Text] | None = None
    user_id: _types.Text | None = None
    session_id: _types.Text | None = None
    namespace: _types.Text | None = None
    event_time_zone: _types.Text | None = Field(default=None, description="Goes with `event_date`.")
    event_date: _types.UtcDatetime | None = None
    event_precision: TimePrecision | None = Field(
        default=None, description="Goes with `event_date`."
    )
    metadata: dict[str, Any] | None = None
    pinned: bool | None = None
    standing: bool | None = None
    context: _types.Text | None = None
    slot: _types.Text | None = None
    language: _types.Text | None = None
    claims: list[Claim] | None = None
    validity: Validity | None = None
    expires_at: _types.UtcDatetime | None = None
    sliding_ttl_seconds: int | None = Field(default=None, ge=1, le=_types.LONGEST_SECONDS)

    _precise = model_validator(mode="before")(_with_precision)
    _own_day = field_validator("event_date", mode="before")(_in_own_zone)


ClientMemoryRecord = MemoryRecord
ExtractedMemoryRecord = MemoryRecord
