"""New records: their validation, defaults and content digest."""

import hashlib
from collections.abc import Iterator
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory_services.kit.contract.clock import to_micros, to_timestamp
from agent_memory_services.kit.contract.errors import FieldViolation
from agent_memory_services.kit.contract.ids import new_id


def content_hash(memory: Memory) -> str:
    """Digest of owner, namespace, type and text; sessions do not tell contents apart."""
    digest = hashlib.sha256()
    for part in (memory.user_id, memory.namespace, str(memory.type), memory.text):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


WRITABLE: Final = frozenset(
    {
        *("text", "type", "namespace", "user_id", "session_id", "topics", "entities"),
        *("event_time", "pinned", "standing", "metadata", "context", "validity"),
        *("expire_time", "slot", "language"),
    }
)
"""The fields that a caller may change."""

_GIVEN: Final = WRITABLE | {"id", "provenance", "create_time", "sequence"}


def draft(given: Memory, now: int, model: str) -> Memory:
    """Return a new memory from a caller's; fields that the server sets are ignored.

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
        memory.create_time.CopyFrom(to_timestamp(now))
    memory.proof_count = 1
    memory.embedding_model = model
    normalise(memory, now)
    return memory


def normalise(memory: Memory, now: int) -> None:
    """Fill in defaults, and what every change renews."""
    memory.type = memory.type or MemoryType.MEMORY_TYPE_SEMANTIC
    if memory.HasField("event_time") and not memory.event_time.precision:
        memory.event_time.precision = TimePrecision.TIME_PRECISION_INSTANT
    memory.update_time.CopyFrom(to_timestamp(now))
    memory.content_hash = content_hash(memory)
    memory.etag = new_id()


def violations(memory: Memory, path: str) -> Iterator[FieldViolation]:
    """Yield the rules that a memory at `path` breaks, beyond those of the contract itself."""
    if not memory.text.strip():
        yield FieldViolation(f"{path}.text", "text is required")
    if _ends_early(memory):
        yield FieldViolation(f"{path}.validity.invalid_from", "must be later than valid_from")


def _ends_early(memory: Memory) -> bool:
    validity = memory.validity
    return (
        validity.HasField("valid_from")
        and validity.HasField("invalid_from")
        and to_micros(validity.invalid_from) <= to_micros(validity.valid_from)
    )


def _clear_end(memory: Memory) -> None:
    if memory.HasField("validity"):
        memory.validity.ClearField("superseded_by")
        memory.validity.ClearField("reason")
