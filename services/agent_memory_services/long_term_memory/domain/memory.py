"""Memories as the service keeps them: new ones, their vectors, their changes and history."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract import clock, errors, ids
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.shared.lifetimes import Lifetimes


@dataclass(frozen=True, slots=True)
class MemoryVectors:
    """The vectors of a memory, in the bytes that the index takes.

    Attributes:
        text: of the text alone.
        context: of the text with the words around it; None where the text's alone is enough.
        generation: the generation of the index that they are for.
        beside: the same for another generation, while one takes the place of the other.
    """

    text: bytes
    context: bytes | None
    generation: int = fields.FIRST_GENERATION
    beside: "MemoryVectors | None" = None

    @property
    def hash_fields(self) -> dict[str, str | bytes]:
        """Fields of the hash that hold them."""
        others = self.beside.hash_fields if self.beside else {}
        both = {fields.VECTOR: self.text, fields.CONTEXT_VECTOR: self.context}
        return others | {
            fields.stored(name, self.generation): vector
            for name, vector in both.items()
            if vector is not None
        }

    @property
    def absent_fields(self) -> list[str]:
        """Fields of vectors that the hash must not have."""
        others = self.beside.absent_fields if self.beside else []
        own = fields.stored(fields.CONTEXT_VECTOR, self.generation)
        return others if self.context is not None else [*others, own]


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """A memory and its vectors."""

    memory: Memory
    vectors: MemoryVectors


def content_hash(memory: Memory) -> str:
    """Digest of owner, namespace, type, text and event; sessions do not tell contents apart.

    The same words about events at two times tell of two events.
    """
    digest = hashlib.sha256()
    event = [str(clock.to_micros(memory.event_time.start))] if memory.HasField("event_time") else []
    for part in (memory.user_id, memory.namespace, str(memory.type), memory.text, *event):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


WRITABLE: Final = frozenset(
    {
        *("text", "type", "namespace", "user_id", "session_id", "topics", "entities"),
        *("event_time", "pinned", "standing", "metadata", "context", "validity"),
        *("expire_time", "slot", "language", "claims", "sliding_ttl"),
    }
)
"""The fields that a caller may change."""

_GIVEN: Final = WRITABLE | {"id", "provenance", "create_time", "sequence"}


def draft(given: Memory, now: int, model: str) -> Memory:
    """Return a new memory from a caller's; fields that the server sets are ignored.

    One that was created earlier, and tells no beginning of its own, is true from then on.

    Args:
        given: the caller's memory, with its id.
        now: the present, in microseconds.
        model: fingerprint of the embedding model.
    """
    memory = Memory()
    memory.CopyFrom(given)
    for field, _ in given.ListFields():
        if field.name not in _GIVEN:
            memory.ClearField(field.name)  # type: ignore[arg-type]
    _clear_end(memory)
    if not memory.HasField("create_time"):
        memory.create_time.CopyFrom(clock.to_timestamp(now))
    elif _is_dated_by_creation(memory, now):
        memory.validity.valid_from.CopyFrom(memory.create_time)
    memory.proof_count = 1
    memory.embedding_model = model
    normalise(memory, now)
    return memory


def normalise(memory: Memory, now: int) -> None:
    """Fill in defaults, and what every change renews."""
    memory.type = memory.type or MemoryType.MEMORY_TYPE_SEMANTIC
    if memory.HasField("event_time") and not memory.event_time.precision:
        memory.event_time.precision = TimePrecision.TIME_PRECISION_INSTANT
    memory.update_time.CopyFrom(clock.to_timestamp(now))
    memory.content_hash = content_hash(memory)
    memory.etag = ids.new_id()
    if (ttl := sliding_micros(memory)) is not None:
        memory.expire_time.CopyFrom(clock.to_timestamp(now + ttl))


def sliding_micros(memory: Memory) -> int | None:
    """Return for how many microseconds reads keep a memory; None where they do not."""
    if not memory.HasField("sliding_ttl"):
        return None
    return memory.sliding_ttl.ToMicroseconds()


def accessed_at(memory: Memory, moment: int) -> None:
    """Note on a memory when it was found last, in microseconds, and until when that keeps it."""
    memory.last_access_time.CopyFrom(clock.to_timestamp(moment))
    if (ttl := sliding_micros(memory)) is not None:
        ends = max(moment + ttl, clock.to_micros(memory.expire_time))
        memory.expire_time.CopyFrom(clock.to_timestamp(ends))


def living(memory: Memory, lifetimes: Lifetimes, now: int) -> Memory:
    """Give a new memory the time to live of its namespace, where it says none and may end."""
    says = memory.HasField("expire_time") or memory.HasField("sliding_ttl") or memory.pinned
    lifetime = None if says else lifetimes.of(memory.namespace)
    if lifetime is not None and lifetime.sliding:
        memory.sliding_ttl.FromMicroseconds(lifetime.micros)
    if lifetime is not None:
        memory.expire_time.CopyFrom(clock.to_timestamp(now + lifetime.micros))
    return memory


def violations(memory: Memory, path: str) -> Iterator[errors.FieldViolation]:
    """Yield the rules that a memory at `path` breaks, beyond those of the contract itself."""
    if not memory.text.strip():
        yield errors.FieldViolation(f"{path}.text", "text is required")
    if clock.zone_of(memory.event_time.time_zone) is None:
        zone = "must be an IANA time zone, such as Europe/Berlin"
        yield errors.FieldViolation(f"{path}.event_time.time_zone", zone)
    if _ends_early(memory):
        yield errors.FieldViolation(
            f"{path}.validity.invalid_from", "must be later than valid_from"
        )


def _ends_early(memory: Memory) -> bool:
    validity = memory.validity
    return (
        validity.HasField("valid_from")
        and validity.HasField("invalid_from")
        and clock.to_micros(validity.invalid_from) <= clock.to_micros(validity.valid_from)
    )


def _is_dated_by_creation(memory: Memory, now: int) -> bool:
    """Return true if the creation is past, and neither bound of the validity speaks against it."""
    created, validity = clock.to_micros(memory.create_time), memory.validity
    ended = validity.HasField("invalid_from") and clock.to_micros(validity.invalid_from) <= created
    return created < now and not validity.HasField("valid_from") and not ended


def _clear_end(memory: Memory) -> None:
    if memory.HasField("validity"):
        memory.validity.ClearField("superseded_by")
        memory.validity.ClearField("reason")


Cause: TypeAlias = ltm.RevisionCause.ValueType
Kind: TypeAlias = ltm.MemoryChangeKind.ValueType

_CONSOLIDATED: Final = (
    *("text", "type", "namespace", "user_id", "slot", "claims", "validity", "expire_time"),
)
# What consolidation did itself, and what a caller reverted, it must not do again unasked.
_DELIBERATE: Final = frozenset(
    {ltm.REVISION_CAUSE_MERGE, ltm.REVISION_CAUSE_SUPERSEDE, ltm.REVISION_CAUSE_REVERT}
)


@dataclass(frozen=True, slots=True)
class Change:
    """A memory as it was read and as it shall be.

    Attributes:
        before: as it was read, or None to create it; the change holds only while the stored etag
            is still this one's, or while the id is free.
        after: as it shall be, settled and under the same id, or None to delete it.
        cause: why, for its history.
        vectors: its vectors; None keeps those it has, so a creation needs them.
        reason: why, in words, for its history.
        related: other memories that the change concerns.
        unique: whether another memory that readers see with the same content is in the way of
            one that becomes visible or gets new content.
        compared: consolidation has looked at it already and need not do so again.
        reverts: the revision of it that is taken back; the change holds only while that is kept,
            so that nothing comes back that was erased in the meantime.
    """

    before: Memory | None
    after: Memory | None
    cause: Cause
    vectors: MemoryVectors | None = None
    reason: str = ""
    related: tuple[str, ...] = ()
    unique: bool = True
    compared: bool = False
    reverts: str = ""

    @property
    def memory(self) -> Memory:
        """The memory, as it shall be where it still is."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change needs a memory before or after it")
        return found

    @property
    def kind(self) -> Kind:
        """Kind of the change for watchers."""
        if self.before is None:
            return ltm.MEMORY_CHANGE_KIND_CREATED
        if self.after is None or _begins(self.before, self.after, "archive_time"):
            return ltm.MEMORY_CHANGE_KIND_DELETED
        if self.after.merged_into and not self.before.merged_into:
            return ltm.MEMORY_CHANGE_KIND_MERGED
        if self.after.validity.superseded_by and not self.before.validity.superseded_by:
            return ltm.MEMORY_CHANGE_KIND_SUPERSEDED
        return ltm.MEMORY_CHANGE_KIND_UPDATED

    @property
    def apart(self) -> bool:
        """True if a message is stored whatever others say, and in nobody's way."""
        is_new = self.before is None and not self.unique
        return is_new and self.memory.type == MemoryType.MEMORY_TYPE_MESSAGE

    @property
    def unsettles(self) -> bool:
        """True if consolidation has to compare the memory; messages stay as they were said."""
        if self.after is None or self.compared or self.cause in _DELIBERATE:
            return False
        if self.after.type == MemoryType.MEMORY_TYPE_MESSAGE or fields.is_hidden(self.after):
            return False
        return (
            self.before is None or fields.is_hidden(self.before) or _differ(self.before, self.after)
        )

    @property
    def retires(self) -> bool:
        """True if nothing is left for consolidation to compare."""
        return self.after is None or fields.is_hidden(self.after)


def _begins(before: Memory, after: Memory, name: str) -> bool:
    return after.HasField(name) and not before.HasField(name)  # type: ignore[arg-type]


def _differ(before: Memory, after: Memory) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in _CONSOLIDATED)


class Action(StrEnum):
    """Action of consolidation on a memory."""

    KEPT = "kept"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    """It ended the validity of others."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision of consolidation about a memory.

    Attributes:
        action: in a word.
        memory: what holds its content then.
        related: the others that the action concerns: the originals, or those that ended.
        changes: what makes it so, all or none; empty where everything stays.
    """

    action: Action
    memory: Memory
    related: tuple[str, ...] = ()
    changes: Sequence[Change] = ()


_DAY_MILLISECONDS = 86_400_000


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """Limits of the history that the store keeps.

    Attributes:
        revisions: latest revisions of each memory.
        changes: about how many of a tenant's latest changes watchers may resume from.
        retention_days: how long a deleted memory can be looked up and restored.
    """

    revisions: int = 1000
    changes: int = 10_000
    retention_days: float = 30.0

    @property
    def retention_milliseconds(self) -> int:
        """Time that the revisions of a deleted memory stay, in milliseconds."""
        return round(self.retention_days * _DAY_MILLISECONDS)
