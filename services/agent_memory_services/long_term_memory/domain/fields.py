"""Fields of a memory that are indexed, each declared once: name, kind, values and filter.

The index schema, the filters of the contract, the hash of a memory and the evaluation of
conditions are all made from these declarations.

Times are microseconds since the epoch. The engine keeps numbers as doubles, so they are exact to
the microsecond from 1684 to 2255; farther out a filter sees a time to within 32 microseconds,
while the record itself stays exact.
"""

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Generic, TypeVar

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import Claim, ClaimModality, Memory
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.language.claims import MANY_VALUED, PAST
from agent_memory_services.language.en.words import root

ValueT = TypeVar("ValueT")

FIRST_GENERATION: Final = 1
"""The index that a new store has; each one that is built beside another counts one more."""

SEPARATOR: Final = ","
"""Between the values of a list; encoded values cannot hold it."""

RECORD: Final = "record"
ETAG: Final = "etag"
CONTENT_HASH: Final = "content_hash"
ROW: Final = "row"
"""What a search reads of a memory, packed (`traits`)."""

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
CLAIMS: Final = "claims"
"""Holders and relations of what a memory claims, where they are few (`relation_key`)."""
CLAIM_WORDS: Final = "claim_words"
"""Whoever a memory's claims are about, with each word of them (`word_keys`)."""
OTHER_SESSIONS: Final = "other_sessions"
"""Incarnations of other sessions that say the same."""
METADATA: Final = "metadata"
"""Values of a memory's metadata, each with its path (`metadata_keys`)."""
PINNED: Final = "pinned"
STANDING: Final = "standing"
SLIDING: Final = "sliding"
"""Microseconds for which reads keep a memory, beside the fields that are indexed."""
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
"""Stands in rows alone: neighbours are found there, and no query asks for it."""

TEXT: Final = "text"
CONTEXT: Final = "context"
VECTOR: Final = "vector"
CONTEXT_VECTOR: Final = "context_vector"
VECTORS: Final = (VECTOR, CONTEXT_VECTOR)


def stored(field: str, generation: int) -> str:
    """Return the hash's field that holds a vector for a generation of the index.

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


def _created(memory: Memory) -> int:
    return to_micros(memory.create_time)


def _last_access(memory: Memory) -> int | None:
    return _time(memory, "last_access_time")


def _hidden(memory: Memory) -> Sequence[str]:
    hidden = str(int(is_hidden(memory)))
    return (hidden, ARCHIVED) if memory.HasField("archive_time") else (hidden,)


_LISTED: Final = frozenset(
    {ClaimModality.CLAIM_MODALITY_PLAN, ClaimModality.CLAIM_MODALITY_INSTRUCTION}
)
MOST_CLAIM_WORDS: Final = 64
"""Words of one memory's claims that are indexed."""


def relation_key(holder: str, relation: str) -> str:
    """Return the value by which claims of one holder and relation are found."""
    return f"{holder}\n{relation}"


def word_keys(holder: str, words: Iterable[str]) -> list[str]:
    """Return the values by which claims about one person or thing, with a word, are found.

    What belongs to somebody is found as that person's: `user/car` as `user`, with "car" as a word.
    A word is found as it is and by its root.
    """
    owner, *owned = holder.split("/")
    said = [*owned, *words]
    return [f"{owner}\n{word}" for word in dict.fromkeys((*said, *map(root, said)))]


def _relation_keys(memory: Memory) -> Sequence[str]:
    found = (relation_key(each.holder, each.relation) for each in memory.claims if _is_listed(each))
    return list(dict.fromkeys(found))


def _is_listed(claim: Claim) -> bool:
    """Return true if a claim may meet others of its relation that have no word in common with it.

    The rest, such as all that somebody likes or has read, are too many to be looked through, and
    are found by their words.
    """
    if claim.relation.partition(" ")[0] == PAST:
        return False
    alone = claim.single or claim.negated or claim.ended or bool(claim.quantities)
    return alone or claim.modality in _LISTED or claim.relation not in MANY_VALUED


def _claim_words(memory: Memory) -> Sequence[str]:
    found: dict[str, None] = {}
    for each in memory.claims:
        said = " ".join((each.relation, each.value, *each.limits))
        found |= dict.fromkeys(word_keys(each.holder, said.split()))
    return list(found)[:MOST_CLAIM_WORDS]


MOST_METADATA: Final = 256
"""Values of one memory's metadata that are indexed."""
LONGEST_METADATA: Final = 512
"""Bytes of a path or text of metadata that is indexed."""
ORDINAL_DIGITS: Final = 16
"""Digits of the ordinal of a number (`ordinal`)."""


def exists_key(path: str) -> str:
    """Return the value by which a memory is found that has a value at a path of its metadata."""
    return f"{path}\ne"


def flag_key(path: str, *, value: bool) -> str:
    """Return the value by which a truth value of the metadata is found."""
    return f"{path}\nb\n{int(value)}"


_OF_TEXT: Final = "\ns\n"
_TENANT_BYTES: Final = 4


def text_key(path: str, text: str) -> str:
    """Return the value by which a text of the metadata is found, or its beginning."""
    return f"{path}{_OF_TEXT}{text}"


def of_tenant(key: str, tenant: str) -> str:
    """Return a value of the metadata as a tenant's index has it.

    The engine visits all texts that begin like a prefix, and nobody shall wait for those of others.
    """
    if _OF_TEXT not in key:
        return key
    digest = hashlib.blake2b(tenant.encode(), digest_size=_TENANT_BYTES).hexdigest()
    return key.replace(_OF_TEXT, f"{_OF_TEXT}{digest}", 1)


def number_key(path: str, number: float) -> str:
    """Return the value by which a number of the metadata is found."""
    return _stretch_key(path, f"{ordinal(number):016x}")


def between_keys(path: str, low: int, high: int) -> list[str]:
    """Return the values by which numbers from one ordinal to another are found.

    A number is indexed with every beginning of its ordinal's digits, so a stretch of ordinals is
    covered by few of these, whatever its length.
    """
    found: list[str] = []
    while low <= high:
        spans = range(ORDINAL_DIGITS, -1, -1)
        span = next(s for s in spans if not low % 16**s and low + 16**s - 1 <= high)
        digits = f"{low:016x}"[: ORDINAL_DIGITS - span]
        found.append(_stretch_key(path, digits))
        low += 16**span
    return found


def _stretch_key(path: str, digits: str) -> str:
    return f"{path}\nn\n{digits}"


LEAST_ORDINAL: Final = 0
LARGEST_ORDINAL: Final = 2**64 - 1


def ordinal(number: float) -> int:
    """Return the place of a number among all that a double can hold."""
    bits: int = struct.unpack(">Q", struct.pack(">d", number or 0.0))[0]
    return LARGEST_ORDINAL - bits if bits >> 63 else bits | 1 << 63


def number_of(place: int) -> float:
    """Return the number of an ordinal."""
    bits = place ^ 1 << 63 if place >> 63 else LARGEST_ORDINAL - place
    found: float = struct.unpack(">d", struct.pack(">Q", bits))[0]
    return found


def metadata_keys(memory: Memory) -> Sequence[str]:
    """Return the values by which a memory is found by its metadata."""
    found: dict[str, None] = {}
    for at, (path, value) in enumerate(_metadata_values(memory.metadata, "")):
        if at >= MOST_METADATA:
            break
        if len(path.encode()) <= LONGEST_METADATA:
            found |= dict.fromkeys(_value_keys(path, value))
    return list(found)


def _metadata_values(given: Struct, prefix: str) -> Iterator[tuple[str, Value]]:
    """Yield the values of an object with their paths; those of a list share its path."""
    for key in sorted(given.fields):
        name = key.replace("\\", "\\\\").replace(".", "\\.")
        waiting = [given.fields[key]]
        while waiting:
            value = waiting.pop()
            yield f"{prefix}{name}", value
            if value.HasField("list_value"):
                waiting += reversed(value.list_value.values)
            elif value.HasField("struct_value"):
                yield from _metadata_values(value.struct_value, f"{prefix}{name}.")


def _value_keys(path: str, value: Value) -> Iterator[str]:
    kind = value.WhichOneof("kind")
    if kind in (None, "null_value"):
        return
    yield exists_key(path)
    if kind == "bool_value":
        yield flag_key(path, value=value.bool_value)
    elif kind == "string_value":
        if len(value.string_value.encode()) <= LONGEST_METADATA:
            yield text_key(path, value.string_value)
    elif kind == "number_value":
        digits = f"{ordinal(value.number_value):016x}"
        yield from (_stretch_key(path, digits[:end]) for end in range(ORDINAL_DIGITS + 1))


class Kind(Enum):
    """Type of a field's values, which decides how a filter on it is read."""

    TAG = auto()
    CHOICE = auto()
    FLAG = auto()
    TIME = auto()
    NUMBER = auto()
    METADATA = auto()


@dataclass(frozen=True, slots=True)
class Field(Generic[ValueT]):
    """Declaration of a field that the index knows.

    Attributes:
        name: its name in the hash and in the index.
        kind: type of its values.
        read: reads the values of a memory; a number is None where it is not set.
        filtered: name of the field of `MemoryFilter` that sets a condition on it; empty for none.
        sortable: listings are ordered by it.
        beside: it stands beside the record, as accesses do, which change no memory.
        added: indexes of earlier releases get it when a process starts; what was stored before
            has no value in it.
    """

    name: str
    kind: Kind
    read: Callable[[Memory], ValueT]
    filtered: str = ""
    sortable: bool = False
    beside: bool = False
    added: bool = False


_TAG_FIELDS: Final[tuple[Field[Sequence[str]], ...]] = (
    Field(NAMESPACE, Kind.TAG, lambda memory: (memory.namespace,), "namespace"),
    Field(USER, Kind.TAG, lambda memory: (memory.user_id,), "user_id"),
    Field(SESSION, Kind.TAG, lambda memory: (memory.session_id,), "session_id"),
    Field(TYPE, Kind.CHOICE, lambda memory: (str(memory.type),), "type"),
    Field(TOPICS, Kind.TAG, lambda memory: memory.topics, "topics"),
    Field(ENTITIES, Kind.TAG, lambda memory: memory.entities, "entities"),
    Field(STRATEGY, Kind.CHOICE, lambda memory: (str(memory.provenance.strategy),), "strategy"),
    Field(EXTRACTOR, Kind.TAG, lambda memory: (memory.provenance.extractor,), "extractor"),
    Field(SOURCE, Kind.TAG, lambda memory: memory.provenance.message_ids, "source_message_ids"),
    Field(SLOT, Kind.TAG, lambda memory: (memory.slot,), "slot"),
    Field(CLAIMS, Kind.TAG, _relation_keys, added=True),
    Field(CLAIM_WORDS, Kind.TAG, _claim_words, added=True),
    Field(METADATA, Kind.METADATA, metadata_keys, "metadata", added=True),
    Field(OTHER_SESSIONS, Kind.TAG, lambda each: each.provenance.other_session_uids, added=True),
    Field(PINNED, Kind.FLAG, lambda memory: (str(int(memory.pinned)),), "pinned"),
    Field(STANDING, Kind.FLAG, lambda memory: (str(int(memory.standing)),), "standing"),
    Field(HIDDEN, Kind.FLAG, _hidden),
    Field(ID, Kind.TAG, lambda memory: (memory.id,), "id", sortable=True),
)
_NUMBER_FIELDS: Final[tuple[Field[int | None], ...]] = (
    Field(CREATE, Kind.TIME, _created, "create_time", sortable=True),
    Field(UPDATE, Kind.TIME, lambda memory: to_micros(memory.update_time), "update_time"),
    Field(ACCESS, Kind.TIME, _last_access, "last_access_time", beside=True),
    Field(ACCESS_COUNT, Kind.NUMBER, lambda each: each.access_count, "access_count", beside=True),
    Field(EVENT, Kind.TIME, lambda memory: _time(memory.event_time, "start"), "event_time"),
    Field(VALID_FROM, Kind.TIME, lambda memory: _time(memory.validity, "valid_from")),
    Field(INVALID_FROM, Kind.TIME, lambda memory: _time(memory.validity, "invalid_from")),
    Field(EXPIRE, Kind.TIME, lambda memory: _time(memory, "expire_time")),
)

TAGS: Final = {field.name: field for field in _TAG_FIELDS}
"""Tag fields by name, but for the tenant's, which no record holds."""

NUMBERS: Final = {field.name: field for field in _NUMBER_FIELDS}
"""Numeric fields by name, those of accesses included."""

ACCESSES: Final = {field.name: field for field in _NUMBER_FIELDS if field.beside}
"""Numeric fields that stand beside the record."""

FILTERED: Final[Mapping[str, Field[Sequence[str]] | Field[int | None]]] = {
    **{field.filtered: field for field in _TAG_FIELDS if field.filtered},
    **{field.filtered: field for field in _NUMBER_FIELDS if field.filtered},
}
"""Fields that a caller's filter may name, by the names of the contract."""
