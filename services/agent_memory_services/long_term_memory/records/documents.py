"""A memory as the hash that the store keeps, and back.

The serialized memory is the truth; the other fields exist to be searched. Access times and counts
are the exception: they stand beside the record, so that finding a memory neither rewrites it nor
changes its etag.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.keys import FIRST_GENERATION
from agent_memory_services.long_term_memory.words import searchable
from agent_memory_services.runtime.clock import to_micros, to_timestamp
from agent_memory_services.runtime.keys import encode

READ: Final = (schema.RECORD, schema.ACCESS, schema.ACCESS_COUNT)
"""The fields that make a memory, in the order `memory_of` takes them."""


@dataclass(frozen=True, slots=True)
class MemoryVectors:
    """The vectors of a memory, in the bytes that the index takes.

    Attributes:
        text: of the text alone.
        context: of the text with the words around it; the same where there are none.
        generation: the generation of the index that they are for.
        beside: the same for another generation, while one takes the place of the other.
    """

    text: bytes
    context: bytes
    generation: int = FIRST_GENERATION
    beside: "MemoryVectors | None" = None

    @property
    def fields(self) -> dict[str, str | bytes]:
        """The fields of the hash that hold them."""
        others = self.beside.fields if self.beside else {}
        return others | {
            schema.stored(schema.VECTOR, self.generation): self.text,
            schema.stored(schema.CONTEXT_VECTOR, self.generation): self.context,
        }


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """A memory and its vectors."""

    memory: Memory
    vectors: MemoryVectors


def document(tenant: str, memory: Memory, vectors: MemoryVectors | None) -> dict[str, str | bytes]:
    """The hash's fields for a memory, its record first and without its accesses.

    None keeps the vectors it has.
    """
    found: dict[str, str | bytes] = {
        schema.RECORD: _without_accesses(memory).SerializeToString(),
        schema.ETAG: memory.etag,
        schema.CONTENT_HASH: memory.content_hash,
        schema.TEXT: searchable(memory.text),
        schema.CONTEXT: searchable(memory.context),
        **_tags(tenant, memory),
        **{name: str(value) for name, value in _numbers(memory).items() if value is not None},
    }
    if vectors is not None:
        found |= vectors.fields
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
    """The fields that stand beside the record: how often it was found, and when last."""
    found = {name: read(memory) for name, read in ACCESSES.items()}
    return {name: str(value) for name, value in found.items() if value is not None}


def absent_fields(memory: Memory) -> list[str]:
    """The fields that the hash of a memory must not have."""
    return [name for name, value in _numbers(memory).items() if value is None]


def memory_of(values: Sequence[bytes | None]) -> Memory | None:
    """The memory that the fields `READ` hold; None where there is none."""
    record, access, access_count = values
    if record is None:
        return None
    memory = Memory.FromString(record)
    if access is not None:
        memory.last_access_time.CopyFrom(to_timestamp(int(access)))
    memory.access_count = int(access_count or 0)
    return memory


def whole(generations: Sequence[int]) -> tuple[str, ...]:
    """The fields that make a memory with its vectors, in the order `stored_of` takes them."""
    vectors = (schema.stored(name, number) for number in generations for name in schema.VECTORS)
    return *READ, *vectors


def stored_of(values: Sequence[bytes | None], generations: Sequence[int]) -> StoredMemory | None:
    """The memory that its fields hold; None where it is not there, or not in every generation."""
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
    values = {schema.TENANT: (tenant,), **{name: read(memory) for name, read in TAGS.items()}}
    return {
        name: schema.SEPARATOR.join(map(encode, held)) or encode("")
        for name, held in values.items()
    }


def _numbers(memory: Memory) -> dict[str, int | None]:
    return {name: read(memory) for name, read in NUMBERS.items()}


def is_hidden(memory: Memory) -> bool:
    """Whether a memory was merged into another or archived."""
    return bool(memory.merged_into) or memory.HasField("archive_time")


def _time(message: Message, name: str) -> int | None:
    if not message.HasField(name):
        return None
    timestamp: Timestamp = getattr(message, name)
    return to_micros(timestamp)


def _hidden(memory: Memory) -> Sequence[str]:
    hidden = str(int(is_hidden(memory)))
    return (hidden, schema.ARCHIVED) if memory.HasField("archive_time") else (hidden,)


TAGS: Final[Mapping[str, Callable[[Memory], Sequence[str]]]] = {
    schema.ID: lambda memory: (memory.id,),
    schema.NAMESPACE: lambda memory: (memory.namespace,),
    schema.USER: lambda memory: (memory.user_id,),
    schema.SESSION: lambda memory: (memory.session_id,),
    schema.TYPE: lambda memory: (str(memory.type),),
    schema.TOPICS: lambda memory: memory.topics,
    schema.ENTITIES: lambda memory: memory.entities,
    schema.STRATEGY: lambda memory: (str(memory.provenance.strategy),),
    schema.EXTRACTOR: lambda memory: (memory.provenance.extractor,),
    schema.SOURCE: lambda memory: memory.provenance.message_ids,
    schema.SLOT: lambda memory: (memory.slot,),
    schema.PINNED: lambda memory: (str(int(memory.pinned)),),
    schema.STANDING: lambda memory: (str(int(memory.standing)),),
    schema.HIDDEN: _hidden,
}
"""The values of each tag field, but for the tenant's, which no record holds."""

NUMBERS: Final[Mapping[str, Callable[[Memory], int | None]]] = {
    schema.CREATE: lambda memory: to_micros(memory.create_time),
    schema.UPDATE: lambda memory: to_micros(memory.update_time),
    schema.EVENT: lambda memory: _time(memory.event_time, "start"),
    schema.VALID_FROM: lambda memory: _time(memory.validity, "valid_from"),
    schema.INVALID_FROM: lambda memory: _time(memory.validity, "invalid_from"),
    schema.EXPIRE: lambda memory: _time(memory, "expire_time"),
    schema.SEQUENCE: lambda memory: memory.sequence,
}
"""The number of each numeric field, None where it is not set, but for those of accesses."""

ACCESSES: Final[Mapping[str, Callable[[Memory], int | None]]] = {
    schema.ACCESS: lambda memory: _time(memory, "last_access_time"),
    schema.ACCESS_COUNT: lambda memory: memory.access_count,
}
"""The numbers that stand beside the record."""
