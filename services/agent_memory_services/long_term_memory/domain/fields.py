"""Fields of a memory that are indexed: their names, and their values in a record.

Times are microseconds since the epoch. The engine keeps numbers as doubles, so they are exact to
the microsecond from 1684 to 2255; farther out a filter sees a time to within 32 microseconds,
while the record itself stays exact.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_micros

FIRST_GENERATION: Final = 1
"""The index that a new store has; each one that is built beside another counts one more."""


SEPARATOR: Final = ","
"""Between the values of a list; encoded values cannot hold it."""

RECORD: Final = "record"
ETAG: Final = "etag"
CONTENT_HASH: Final = "content_hash"

TENANT: Final = "tenant"
ID: Final = "id"
NAMESPACE: Final = "namespace"
USER: Final = "user"
SESSION: Final = "session"
TYPE: Final = "type"
TOPICS: Final = "topics"
ENTITIES: Final = "entities"
STRATEGY: Final = "strategy"
EXTRACTOR: Final = "extractor"
SOURCE: Final = "source"
SLOT: Final = "slot"
PINNED: Final = "pinned"
STANDING: Final = "standing"
HIDDEN: Final = "hidden"
ARCHIVED: Final = "archived"
"""What `HIDDEN` says besides of a memory that was archived."""

CREATE: Final = "create"
UPDATE: Final = "update"
ACCESS: Final = "access"
ACCESS_COUNT: Final = "access_count"
EVENT: Final = "event"
VALID_FROM: Final = "valid_from"
INVALID_FROM: Final = "invalid_from"
EXPIRE: Final = "expire"
SEQUENCE: Final = "sequence"

TEXT: Final = "text"
CONTEXT: Final = "context"
VECTOR: Final = "vector"
CONTEXT_VECTOR: Final = "context_vector"
VECTORS: Final = (VECTOR, CONTEXT_VECTOR)


def stored(field: str, generation: int) -> str:
    """The hash's field that holds a vector for a generation of the index.

    In every generation the index itself calls it by its plain name.
    """
    return field if generation == FIRST_GENERATION else f"{field}_{generation}"


def is_hidden(memory: Memory) -> bool:
    """Return true if a memory was merged into another or archived."""
    return bool(memory.merged_into) or memory.HasField("archive_time")


def _time(message: Message, name: str) -> int | None:
    if not message.HasField(name):
        return None
    timestamp: Timestamp = getattr(message, name)
    return to_micros(timestamp)


def _hidden(memory: Memory) -> Sequence[str]:
    hidden = str(int(is_hidden(memory)))
    return (hidden, ARCHIVED) if memory.HasField("archive_time") else (hidden,)


TAGS: Final[Mapping[str, Callable[[Memory], Sequence[str]]]] = {
    ID: lambda memory: (memory.id,),
    NAMESPACE: lambda memory: (memory.namespace,),
    USER: lambda memory: (memory.user_id,),
    SESSION: lambda memory: (memory.session_id,),
    TYPE: lambda memory: (str(memory.type),),
    TOPICS: lambda memory: memory.topics,
    ENTITIES: lambda memory: memory.entities,
    STRATEGY: lambda memory: (str(memory.provenance.strategy),),
    EXTRACTOR: lambda memory: (memory.provenance.extractor,),
    SOURCE: lambda memory: memory.provenance.message_ids,
    SLOT: lambda memory: (memory.slot,),
    PINNED: lambda memory: (str(int(memory.pinned)),),
    STANDING: lambda memory: (str(int(memory.standing)),),
    HIDDEN: _hidden,
}
"""The values of each tag field, but for the tenant's, which no record holds."""


NUMBERS: Final[Mapping[str, Callable[[Memory], int | None]]] = {
    CREATE: lambda memory: to_micros(memory.create_time),
    UPDATE: lambda memory: to_micros(memory.update_time),
    EVENT: lambda memory: _time(memory.event_time, "start"),
    VALID_FROM: lambda memory: _time(memory.validity, "valid_from"),
    INVALID_FROM: lambda memory: _time(memory.validity, "invalid_from"),
    EXPIRE: lambda memory: _time(memory, "expire_time"),
    SEQUENCE: lambda memory: memory.sequence,
}
"""The number of each numeric field, None where it is not set, but for those of accesses."""


ACCESSES: Final[Mapping[str, Callable[[Memory], int | None]]] = {
    ACCESS: lambda memory: _time(memory, "last_access_time"),
    ACCESS_COUNT: lambda memory: memory.access_count,
}
"""The numbers that stand beside the record."""
