"""Records of jobs in the store."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self, TypeVar, cast

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto
from google.rpc.status_pb2 import Status

from agent_memory.common.v1.strategy_pb2 import ExtractionConfig
from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.kit.contract.status import status_of


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
            damaged=tuple(sorted(read.damaged)),
        )
        if record.damaged:
            job.error.CopyFrom(status_of(unreadable(record.damaged)))
        return record


def unreadable(damaged: Iterable[str]) -> InvalidField:
    """Return the error of a job whose record cannot be read."""
    return InvalidField("", f"the stored job cannot be read: {', '.join(sorted(damaged))}")


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
            getattr(job, moment).CopyFrom(to_timestamp(micros))
    return job
