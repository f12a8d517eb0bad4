"""Keys of sessions in the store, and the layouts of their parts.

Keys begin with `am:wm:{pNN}`, NN being the session's partition. The braces are a hash tag: all
keys of a session, of its partition's listings and of its partition's outbox share a slot, so one
script may change them together on a cluster too. `lua/session/write.lua` knows the same layouts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, overload

from google.protobuf.message import Message as ProtoMessage
from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.kit.redis.keys import encode, partition_of
from agent_memory_services.kit.redis.scripts import Key
from agent_memory_services.working_memory.domain.drafts import DIGEST_BYTES
from agent_memory_services.working_memory.domain.session import (
    Entry,
    Fork,
    SequenceRange,
    Session,
    SessionKey,
    Shown,
    State,
)

_PREFIX: Final = "am:wm:"
PARTITIONS_KEY: Final = f"{_PREFIX}partitions"
RELAYS_KEY: Final = f"{_PREFIX}relays"


def partition_prefix(partition: int) -> str:
    """Return the prefix of the keys of a partition."""
    return f"{_PREFIX}{{p{partition:02d}}}"


@dataclass(frozen=True, slots=True)
class SpelledAddress:
    """A session's partition and its names as scripts take them, spelled for keys."""

    partition: Key
    tenant: str
    namespace: str
    session: str


@dataclass(frozen=True, slots=True)
class SessionParts:
    """The keys of a session's parts; `lua/session/write.lua` tells what is in each."""

    meta: Key
    log: Key
    ids: Key
    view: Key
    memories: Key
    placed: Key


@dataclass(frozen=True)
class SessionAddress:
    """The keys of one session, which are spelled once."""

    partition: int
    tenant: str
    namespace: str
    session: str

    @classmethod
    def of(cls, key: SessionKey, partitions: int) -> "SessionAddress":
        """Return the keys of a session in a store of that many partitions."""
        return _address(key, partitions)

    @cached_property
    def spelled(self) -> SpelledAddress:
        """The session as scripts take it."""
        prefix = partition_prefix(self.partition)
        return SpelledAddress(prefix, self.tenant, self.namespace, self.session)

    @property
    def member(self) -> str:
        """The session in what a partition keeps of all its sessions."""
        return f"{self.tenant}:{self.namespace}:{self.session}"

    @cached_property
    def parts(self) -> SessionParts:
        """The keys of its parts."""
        base = f"{partition_prefix(self.partition)}:s:{self.member}"
        return SessionParts(
            meta=f"{base}:meta",
            log=f"{base}:log",
            ids=f"{base}:ids",
            view=f"{base}:view",
            memories=f"{base}:memories",
            placed=f"{base}:placed",
        )


# The contract bounds the names, to some hundred bytes each.
@lru_cache(4096)
def _address(key: SessionKey, partitions: int) -> SessionAddress:
    return SessionAddress(
        partition_of(partitions, key.tenant, key.namespace, key.session_id),
        encode(key.tenant),
        encode(key.namespace),
        encode(key.session_id),
    )


def listing_key(partition: int, tenant: str, namespace: str | None, user: str | None) -> str:
    """Return the listing of a tenant's sessions in a partition, narrowed where a name is given."""
    by_namespace = "" if namespace is None else f":n:{encode(namespace)}"
    by_user = "" if user is None else f":u:{encode(user)}"
    return f"{partition_prefix(partition)}:sessions:{encode(tenant)}{by_namespace}{by_user}"


def listed_meta_key(partition: int, tenant: str, member: str) -> str:
    """Return the meta key of a member of a listing."""
    return f"{partition_prefix(partition)}:s:{encode(tenant)}:{member}:meta"


def listed_view_key(partition: int, tenant: str, member: str) -> str:
    """Return the view key of a member of a listing."""
    return f"{partition_prefix(partition)}:s:{encode(tenant)}:{member}:view"


def outbox_key(partition: int) -> str:
    """Return the key of the stream of undelivered messages of a partition."""
    return f"{partition_prefix(partition)}:outbox"


def dead_key(partition: int) -> str:
    """Return the key of the dead letters of a partition, each with its reason."""
    return f"{partition_prefix(partition)}:outbox:dead"


def summaries_key(partition: int) -> str:
    """Return the key of the sessions of a partition that wait for a summary, by due time."""
    return f"{partition_prefix(partition)}:summaries"


def changes_key(partition: int) -> str:
    """Return the key of the stream of recent events of a partition."""
    return f"{partition_prefix(partition)}:changes"


def lease_key(partition: int) -> str:
    """Return the key of the lease on a partition's outbox, which names the relay."""
    return f"{partition_prefix(partition)}:relay"


ANSWER_FLAG: Final = b"a"
_PLAIN_FLAG: Final = b"-"
_NOTHING: Final = b""


def place_head(digest: bytes, tokens: int, *, answer: bool) -> bytes:
    """Return a place in the view but for the sequence: digest, flag, `tokens:`."""
    return b"%b%b%d:" % (digest, ANSWER_FLAG if answer else _PLAIN_FLAG, tokens)


def write_place(entry: Entry) -> bytes:
    """Return a place in the view: digest, flag, `tokens:sequence`."""
    return b"%b%d" % (place_head(entry.digest, entry.tokens, answer=entry.answer), entry.sequence)


def read_place(place: bytes) -> Entry:
    """Return the inverse of `write_place`."""
    tokens, _, sequence = place[DIGEST_BYTES + 1 :].partition(b":")
    return Entry(
        sequence=int(sequence),
        tokens=int(tokens),
        digest=place[:DIGEST_BYTES],
        answer=place[DIGEST_BYTES : DIGEST_BYTES + 1] == ANSWER_FLAG,
    )


def write_state(state: State) -> Iterator[tuple[str, bytes | str | int]]:
    """Yield the fields of meta that hold a state; an absent value is empty."""
    covered = state.context_range
    config = state.extraction
    silent = (
        config
        and config.strategy == ExtractionStrategy.EXTRACTION_STRATEGY_NONE
        and not config.index_messages
    )
    yield "data", _NOTHING if state.data is None else _present(state.data.SerializeToString())
    yield "context", state.context
    yield "context_first", "" if covered is None else covered.first
    yield "context_last", "" if covered is None else covered.last
    yield "extraction", _NOTHING if config is None else config.SerializeToString()
    yield "strategy", "none" if silent else ""
    yield "ttl", "" if state.ttl is None else state.ttl
    yield "time_zone", state.time_zone
    yield "sliding", "1" if state.sliding else ""


def write_fork(fork: Fork) -> str:
    """Return the field `fork` of meta."""
    return f"{int(fork.complete)}:{fork.last}:{fork.uid}:{fork.session_id}"


def _read_fork(spelled: bytes) -> Fork | None:
    if not spelled:
        return None
    complete, last, uid, session_id = spelled.decode().split(":", 3)
    return Fork(session_id, uid, int(last), complete == "1")


def read_session(
    key: SessionKey,
    meta: Mapping[bytes, bytes],
    view_size: int,
    shown: Sequence[Shown],
    memories: Sequence[bytes],
) -> Session:
    """Return a session as the store has it."""
    return Session(
        key=key,
        uid=meta[b"uid"].decode(),
        version=int(meta[b"version"]),
        user=meta[b"user"].decode(),
        state=_read_state(meta),
        created=int(meta[b"created"]),
        updated=int(meta[b"updated"]),
        expires=_number(meta.get(b"expires")),
        last_sequence=int(meta[b"sequence"]),
        view_size=view_size,
        tokens=int(meta[b"tokens"]),
        shown=shown,
        memories=_read_memories(memories),
        window=_number(meta.get(b"window")),
        fork=_read_fork(meta.get(b"fork", _NOTHING)),
    )


class StoredView(Sequence[Shown]):
    """Messages in view as the store has them, oldest first; parsed when somebody looks at them."""

    def __init__(self, places: Sequence[bytes], messages: Sequence[bytes]) -> None:
        """Keep places and messages, which come the latest first."""
        self._places = places
        self._messages = messages

    @overload
    def __getitem__(self, index: int) -> Shown: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Shown]: ...

    def __getitem__(self, index: int | slice) -> Shown | Sequence[Shown]:
        return self._parsed[index]

    def __len__(self) -> int:
        return len(self._places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._parsed == tuple(other)

    __hash__ = None  # type: ignore[assignment] # as that of a list

    def serialized(self) -> bytes:
        """Return the messages as a `WorkingMemory` has them on the wire, and nothing else."""
        parts: list[bytes] = []
        for place, message in zip(reversed(self._places), reversed(self._messages), strict=True):
            sequence = _sequence_field(place.rpartition(b":")[2])
            parts += (_MESSAGES, _varint(len(message) + len(sequence)), message, sequence)
        return b"".join(parts)

    @cached_property
    def _parsed(self) -> tuple[Shown, ...]:
        pairs = zip(reversed(self._places), reversed(self._messages), strict=True)
        return tuple(_shown(read_place(place), message) for place, message in pairs)


@lru_cache(4096)
def _varint(number: int) -> bytes:
    """Return a number as the wire format of protocol buffers has it."""
    spelled = bytearray()
    while number > _LOW_BITS:
        spelled.append(number & _LOW_BITS | _MORE_BITS)
        number >>= 7
    spelled.append(number)
    return bytes(spelled)


_LOW_BITS: Final = 0x7F
_MORE_BITS: Final = 0x80
_VARINT: Final = 0
_DELIMITED: Final = 2


def _tag(message: type[ProtoMessage], field: str, wire_type: int) -> bytes:
    return _varint(message.DESCRIPTOR.fields_by_name[field].number << 3 | wire_type)


_MESSAGES: Final = _tag(WorkingMemory, "messages", _DELIMITED)
_SEQUENCE: Final = _tag(Message, "sequence", _VARINT)


@lru_cache(4096)
def _sequence_field(sequence: bytes) -> bytes:
    """Return a message's sequence as a field; of one that comes twice, the last counts."""
    return _SEQUENCE + _varint(int(sequence))


def _shown(entry: Entry, message: bytes) -> Shown:
    return Shown(entry, read_message(entry.sequence, message))


def read_message(sequence: int, message: bytes) -> Message:
    """Return a message of the log, whose position tells its sequence."""
    read = Message.FromString(message)
    read.sequence = sequence
    return read


def _read_state(meta: Mapping[bytes, bytes]) -> State:
    data, extraction = meta.get(b"data"), meta.get(b"extraction")
    first, last = _number(meta.get(b"context_first")), _number(meta.get(b"context_last"))
    return State(
        data=Struct.FromString(data[1:]) if data else None,
        context=meta.get(b"context", _NOTHING).decode(),
        context_range=None if first is None or last is None else SequenceRange(first, last),
        extraction=ExtractionConfig.FromString(extraction) if extraction else None,
        ttl=_number(meta.get(b"ttl")),
        time_zone=meta.get(b"time_zone", _NOTHING).decode(),
        sliding=bool(meta.get(b"sliding")),
    )


def _present(serialized: bytes) -> bytes:
    """Mark a message as present, so that an empty one differs from an absent one."""
    return b"=" + serialized


def _read_memories(values: Sequence[bytes]) -> tuple[Memory, ...]:
    split = (value.partition(b":") for value in values)
    # What is read in parts may come twice.
    by_ordinal = {int(ordinal): memory for ordinal, _, memory in split}
    return tuple(Memory.FromString(memory) for _, memory in sorted(by_ordinal.items()))


def _number(value: bytes | None) -> int | None:
    return int(value) if value else None
