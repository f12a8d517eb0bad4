"""Records of the queue: sessions, jobs, what a job works on, and who may see it.

Parts of what a job works on may be unreadable. A build before this one may have taken in what no
build can work with, and bytes may be damaged. Neither keeps a job from the rest of its messages.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self, cast

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig
from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind, JobState, SkippedItem
from agent_memory_services.kit.auth.scope import require_every_user, require_namespace
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.errors import InvalidField, InvalidFields
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.contract.rules import ValueRules
from agent_memory_services.kit.contract.status import status_of
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
    return f"{new_id()}-{partition}"


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

    @classmethod
    def parse(cls, job_id: str, fields: Mapping[bytes, bytes]) -> Self:
        """Read the fields of a job's hash."""
        started = int(fields.get(b"start", 0))
        return cls(
            job=_job(job_id, fields),
            tenant=fields[b"tenant_name"].decode(),
            lane=Lane(fields[b"lane"].decode()),
            config=ExtractionConfig.FromString(fields.get(b"config", b"")),
            time_zone=fields.get(b"zone", b"").decode(),
            failures=int(fields[b"failures"]),
            strikes=int(fields[b"strikes"]),
            failing_seconds=_seconds(int(fields[b"since"]), started),
            striking_seconds=_seconds(int(fields.get(b"struck", 0)), started),
            traces=tuple(fields.get(b"traces", b"").decode().split()),
            only_changed=fields.get(b"only_changed") == b"1",
        )


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
    for field in fields:
        if field.startswith(_WORKER):
            yield field.removeprefix(_WORKER).decode()


def _dropped(fields: Mapping[bytes, bytes]) -> Iterator[tuple[str, int]]:
    """Yield the reason and id of each message that was left out, window by window."""
    for field, count in fields.items():
        if field.startswith(_DROPPED):
            yield field.split(b".")[1].decode(), int(count)


def _job(job_id: str, fields: Mapping[bytes, bytes]) -> Job:
    job = Job.FromString(fields[b"spec"])
    job.MergeFromString(fields.get(b"outcome", b""))
    if error := fields.get(b"error"):
        job.error.ParseFromString(error)
    if user := fields.get(b"user"):
        job.user_id = user.decode()
    job.id = job_id
    job.extractors.extend(sorted(_workers(fields)))
    for reason, count in _dropped(fields):
        job.dropped_items[reason] += count
    job.state = cast("JobState.ValueType", int(fields[b"state"]))
    job.attempt = int(fields[b"attempt"])
    job.first_sequence = int(fields[b"first"])
    job.last_sequence = int(fields[b"last"])
    for field, moment in _MOMENTS.items():
        if micros := fields.get(field):
            getattr(job, moment).CopyFrom(to_timestamp(int(micros)))
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


def _read(message: Proto, data: bytes) -> InvalidFields | None:
    """Read into a message; returns why it cannot be worked with, where it cannot."""
    try:
        message.ParseFromString(data)
    except DecodeError:
        message.Clear()
        return InvalidField("", f"the stored bytes are not a {message.DESCRIPTOR.name}")
    broken = _RULES.violations(message)
    return InvalidFields(broken) if broken else None


def _explained(item: SkippedItem, broken: InvalidFields) -> SkippedItem:
    item.error.CopyFrom(status_of(broken))
    return item


def require_submission(
    principal: Principal, session: SessionRef, memories: Iterable[Memory]
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


def sees(principal: Principal, job: Job) -> bool:
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
