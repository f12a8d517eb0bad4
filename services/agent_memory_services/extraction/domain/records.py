"""Records of the queue: sessions, jobs, what a job works on, and who may see it.

Parts of what a job works on may be unreadable. A build before this one may have taken in what no
build can work with, and bytes may be damaged. Neither keeps a job from the rest of its messages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self, TypeVar, cast

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto
from google.rpc.status_pb2 import Status

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig
from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind, JobState, SkippedItem
from agent_memory_services.kit.auth.scope import require_every_user, require_namespace
from agent_memory_services.kit.contract import clock, context, errors, ids, status
from agent_memory_services.kit.contract.rules import ValueRules
from agent_memory_services.kit.redis.keys import encode, partition_of


@dataclass(frozen=True, slots=True)
class Thread:
    """Session as callers name it; a deleted session that is created again is the same thread."""

    tenant: str
    namespace: str
    session_id: str

    @property
    def key(self) -> str:
        """Its part of a key."""
        return ":".join(map(encode, (self.tenant, self.namespace, self.session_id)))

    def partition(self, count: int) -> int:
        """Return the partition that holds everything of the thread."""
        return partition_of(count, self.tenant, self.namespace, self.session_id)


@dataclass(frozen=True, slots=True)
class Session:
    """One incarnation of a thread; `uid` tells it from the others."""

    thread: Thread
    uid: str

    @property
    def key(self) -> str:
        """Its part of a key."""
        return f"{self.thread.key}:{encode(self.uid)}"


def partition_prefix(partition: int) -> str:
    """Return the prefix of every key of a partition; its hash tag keeps them on one node."""
    return f"am:ex:{{p{partition:02d}}}:"


def new_job_id(partition: int) -> str:
    """Return an id that sorts by creation and tells where the job is kept."""
    return f"{ids.new_id()}-{partition}"


def partition_of_job(job_id: str, count: int) -> int | None:
    """Return the partition of a job, or None for an id that cannot be one."""
    partition = job_id.rpartition("-")[2]
    if not (partition.isascii() and partition.isdigit()):
        return None
    return int(partition) if int(partition) < count else None


class Lane(StrEnum):
    """Kinds of processing; the lanes of a session run in parallel."""

    EXTRACT = "extract"
    """Finds facts in them."""
    STORE = "store"
    """Stores them, and given memories, as they are."""
    VIEW = "view"
    """Refreshes a summary view; it has no messages."""


ValueT = TypeVar("ValueT")
ProtoT = TypeVar("ProtoT", bound=Proto)
_LARGEST_MICROS: Final = 253_402_300_799_999_999


@dataclass(slots=True)
class _Fields:
    """Fields of a stored record, any of which may be damaged.

    Attributes:
        stored: The fields.
        damaged: Names of those that could not be read, or that are missing.
    """

    stored: Mapping[bytes, bytes]
    damaged: set[str] = field(default_factory=set)

    def read(
        self, name: bytes, read: Callable[[bytes], ValueT], default: ValueT, *, must: bool = False
    ) -> ValueT:
        """Return what a field holds; the default where it is not there, or cannot be read.

        Args:
            name: The field.
            read: Reads its bytes, or raises a `ValueError`.
            default: Stands for nothing.
            must: True for what no record lacks.
        """
        value = self.stored.get(name)
        if value is None:
            self.damaged |= {name.decode()} if must else set()
            return default
        try:
            return read(value)
        except (ValueError, DecodeError):
            self.damaged.add(name.decode(errors="replace"))
            return default

    def number(self, name: bytes, *, must: bool = False) -> int:
        """Return a whole number; 0 stands for none."""
        return self.read(name, _whole, 0, must=must)

    def text(self, name: bytes, *, must: bool = False) -> str:
        """Return a text; empty stands for none."""
        return self.read(name, bytes.decode, "", must=must)

    def message(self, name: bytes, kind: type[ProtoT], *, must: bool = False) -> ProtoT:
        """Return a message; an empty one stands for none."""
        return self.read(name, kind.FromString, kind(), must=must)


def _whole(stored: bytes) -> int:
    number = int(stored)
    if not 0 <= number <= _LARGEST_MICROS:
        raise ValueError("no count and no moment")
    return number


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job, with what only workers need to know of it.

    Attributes:
        job: The job as callers see it.
        tenant: Whose it is.
        lane: What it does.
        config: How its messages become memories.
        time_zone: The IANA zone of relative dates; may be empty or unknown.
        failures: Attempts that failed since it was last told to try.
        strikes: Those of them that the job itself is to blame for.
        failing_seconds: How long it had been failing when it was last taken.
        striking_seconds: How long before that the first of the strikes was.
        traces: Of the calls that it collected from, the first few.
        only_changed: Of a view, only the groups whose memories changed.
        unindexing: Its session was deleted, and searches find its messages no more.
        damaged: Fields of the record that cannot be read; the job can only be shown then.
    """

    job: Job
    tenant: str
    lane: Lane
    config: ExtractionConfig
    time_zone: str
    failures: int
    strikes: int
    failing_seconds: float
    striking_seconds: float
    traces: tuple[str, ...] = ()
    only_changed: bool = False
    unindexing: bool = False
    damaged: tuple[str, ...] = ()

    @classmethod
    def parse(cls, job_id: str, fields: Mapping[bytes, bytes]) -> Self:
        """Read the fields of a job's hash, as far as they can be read; says which cannot."""
        read = _Fields(fields)
        started = read.number(b"start")
        job = _job(job_id, read)
        record = cls(
            job=job,
            tenant=read.text(b"tenant_name", must=True),
            lane=read.read(b"lane", lambda lane: Lane(lane.decode()), Lane.EXTRACT, must=True),
            config=read.message(b"config", ExtractionConfig),
            time_zone=read.text(b"zone"),
            failures=read.number(b"failures", must=True),
            strikes=read.number(b"strikes", must=True),
            failing_seconds=_seconds(read.number(b"since", must=True), started),
            striking_seconds=_seconds(read.number(b"struck"), started),
            traces=tuple(read.text(b"traces").split()),
            only_changed=fields.get(b"only_changed") == b"1",
            unindexing=fields.get(b"unindexing") == b"1",
            damaged=tuple(sorted(read.damaged)),
        )
        if record.damaged:
            job.error.CopyFrom(status.status_of(unreadable(record.damaged)))
        return record


def unreadable(damaged: Iterable[str]) -> errors.InvalidField:
    """Return the error of a job whose record cannot be read."""
    return errors.InvalidField("", f"the stored job cannot be read: {', '.join(sorted(damaged))}")


def _seconds(since: int, until: int) -> float:
    return max(0, until - since) / 1e6 if since else 0.0


_WORKER = b"by."
_DROPPED = b"dropped."
_MOMENTS = {
    b"create": "create_time",
    b"due": "due_time",
    b"start": "start_time",
    b"end": "end_time",
}


def _workers(fields: Mapping[bytes, bytes]) -> Iterator[str]:
    """Yield who worked on each window; several share one where a model refused part of it."""
    for name in fields:
        if name.startswith(_WORKER):
            yield from name.removeprefix(_WORKER).decode(errors="replace").split(", ")


def _dropped(read: _Fields) -> Iterator[tuple[str, int]]:
    """Yield the reason and count of what was left out, window by window."""
    for name in read.stored:
        if name.startswith(_DROPPED):
            yield name.split(b".")[1].decode(errors="replace"), read.number(name)


def _job(job_id: str, read: _Fields) -> Job:
    job = read.message(b"spec", Job, must=True)
    job.MergeFrom(read.message(b"outcome", Job))
    error = read.message(b"error", Status)
    if error.ByteSize():
        job.error.CopyFrom(error)
    if user := read.text(b"user"):
        job.user_id = user
    job.id = job_id
    job.extractors.extend(sorted(set(_workers(read.stored))))
    for reason, count in _dropped(read):
        job.dropped_items[reason] += count
    job.state = cast("JobState.ValueType", read.number(b"state", must=True))
    job.attempt = read.number(b"attempt", must=True)
    job.first_sequence = read.number(b"first", must=True)
    job.last_sequence = read.number(b"last", must=True)
    for name, moment in _MOMENTS.items():
        if micros := read.number(name):
            getattr(job, moment).CopyFrom(clock.to_timestamp(micros))
    return job


_RULES: Final = ValueRules()


@dataclass(frozen=True, slots=True)
class Payload:
    """Content of a job.

    Attributes:
        messages: Its messages, in order of sequence.
        before: The messages before them, likewise.
        memories: Memories to store as they are.
        skipped: Unreadable messages and memories, each with the reason.
    """

    messages: Sequence[Message]
    before: Sequence[Message]
    memories: Sequence[Memory]
    skipped: Sequence[SkippedItem]


def read_payload(
    messages: Mapping[bytes, bytes], before: Sequence[bytes], memories: Mapping[bytes, bytes]
) -> Payload:
    """Read what can be read.

    Args:
        messages: Sequences by message.
        before: The messages before them.
        memories: Memories by their ids.
    """
    skipped: list[SkippedItem] = []
    sound_messages: list[Message] = []
    for data, sequence in messages.items():
        message = Message()
        if (broken := _read(message, data)) is None:
            sound_messages.append(message)
        else:
            item = SkippedItem(message_id=message.id, sequence=int(float(sequence)))
            skipped.append(_explained(item, broken))
    sound_memories: list[Memory] = []
    for memory_id, data in memories.items():
        memory = Memory()
        if (broken := _read(memory, data)) is None:
            sound_memories.append(memory)
        else:
            item = SkippedItem(memory_id=memory_id.decode(errors="replace"))
            skipped.append(_explained(item, broken))
    shown = [message for data in before if _read(message := Message(), data) is None]
    return Payload(sound_messages, shown, sound_memories, skipped)


def _read(message: Proto, data: bytes) -> errors.InvalidFields | None:
    """Read into a message; returns why it cannot be worked with, where it cannot."""
    try:
        message.ParseFromString(data)
    except DecodeError:
        message.Clear()
        return errors.InvalidField("", f"the stored bytes are not a {message.DESCRIPTOR.name}")
    broken = _RULES.violations(message)
    return errors.InvalidFields(broken) if broken else None


def _explained(item: SkippedItem, broken: errors.InvalidFields) -> SkippedItem:
    item.error.CopyFrom(status.status_of(broken))
    return item


def require_submission(
    principal: context.Principal, session: SessionRef, memories: Iterable[Memory]
) -> None:
    """Insist that a principal may hand over what belongs to a session, and each memory with it.

    Extraction takes the caller's word for whose a session is. It takes it from those alone who
    reach every user: a service of the suite, or an administrator. A memory that names no
    namespace of its own has that of the session.

    Raises:
        AccessDenied: it may not.
    """
    require_every_user(principal)
    require_namespace(principal, session.namespace)
    for memory in memories:
        require_namespace(principal, memory.namespace or session.namespace)


def sees(principal: context.Principal, job: Job) -> bool:
    """Return true if a job of the principal's tenant is visible to the principal.

    A job of a summary view that covers more than one owner or namespace is invisible to a caller
    confined to some.
    """
    if job.kind == JobKind.JOB_KIND_SUMMARY_VIEW:
        within_users = principal.users is None or (job.user_id in principal.users - {""})
        within_namespaces = principal.namespaces is None or job.HasField("session")
        if not (within_users and within_namespaces):
            return False
        return principal.allows_namespace(job.session.namespace)
    return principal.allows(job.session.namespace, job.user_id)
