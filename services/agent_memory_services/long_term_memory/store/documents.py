"""A memory as the hash that the store keeps, and back.

The serialized memory is the truth; the other fields exist to be searched. Access times and counts
are the exception: they stand beside the record, so that finding a memory neither rewrites it nor
changes its etag.
"""

from collections.abc import Sequence
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import fields, terms
from agent_memory_services.long_term_memory.domain.memory import MemoryVectors, StoredMemory

READ: Final = (fields.RECORD, fields.ACCESS, fields.ACCESS_COUNT)
"""The fields that make a memory, in the order `memory_of` takes them."""


def document(tenant: str, memory: Memory, vectors: MemoryVectors | None) -> dict[str, str | bytes]:
    """Return the hash's fields for a memory, its record first and without its accesses.

    None keeps the vectors it has.
    """
    found: dict[str, str | bytes] = {
        fields.RECORD: _without_accesses(memory).SerializeToString(),
        fields.ETAG: memory.etag,
        fields.CONTENT_HASH: memory.content_hash,
        fields.TEXT: terms.searchable(memory.text),
        fields.CONTEXT: terms.searchable(memory.context),
        **_tags(tenant, memory),
        **{name: str(value) for name, value in _numbers(memory).items() if value is not None},
    }
    if vectors is not None:
        found |= vectors.hash_fields
    return found


def _without_accesses(memory: Memory) -> Memory:
    if not memory.access_count and not memory.HasField("last_access_time"):
        return memory
    alone = Memory()
    alone.CopyFrom(memory)
    alone.ClearField("access_count")
    alone.ClearField("last_access_time")
    return alone


def accesses(memory: Memory) -> dict[str, str]:
    """Return the fields that stand beside the record: the count and time of accesses."""
    found = {name: field.read(memory) for name, field in fields.ACCESSES.items()}
    return {name: str(value) for name, value in found.items() if value is not None}


def absent_fields(memory: Memory) -> list[str]:
    """Return the fields that the hash of a memory must not have."""
    return [name for name, value in _numbers(memory).items() if value is None]


def memory_of(values: Sequence[bytes | None]) -> Memory | None:
    """Return the memory that the fields `READ` hold; None where there is none."""
    record, access, access_count = values
    if record is None:
        return None
    memory = Memory.FromString(record)
    if access is not None:
        memory.last_access_time.CopyFrom(to_timestamp(int(access)))
    memory.access_count = int(access_count or 0)
    return memory


def whole(generations: Sequence[int]) -> tuple[str, ...]:
    """Return the fields of a memory with its vectors, in the order `stored_of` takes them."""
    vectors = (fields.stored(name, number) for number in generations for name in fields.VECTORS)
    return *READ, *vectors


def stored_of(values: Sequence[bytes | None], generations: Sequence[int]) -> StoredMemory | None:
    """Return the memory of its fields; None where it is missing, or not in every generation."""
    memory = memory_of(values[: len(READ)])
    vectors = None
    # The first generation is the one that is asked, and the others lie beside it.
    for at, number in reversed(list(enumerate(generations))):
        text, context = values[len(READ) + 2 * at :][:2]
        if text is None or context is None:
            return None
        vectors = MemoryVectors(text, context, number, vectors)
    return StoredMemory(memory, vectors) if memory and vectors else None


def _tags(tenant: str, memory: Memory) -> dict[str, str]:
    values = {
        fields.TENANT: (tenant,),
        **{name: field.read(memory) for name, field in fields.TAGS.items()},
    }
    return {
        name: fields.SEPARATOR.join(map(encode, held)) or encode("")
        for name, held in values.items()
    }


def _numbers(memory: Memory) -> dict[str, int | None]:
    return {name: field.read(memory) for name, field in fields.NUMBERS.items() if not field.beside}
