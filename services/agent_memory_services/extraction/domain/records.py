"""Records of jobs in the store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, cast

from agent_memory.common.v1.strategy_pb2 import ExtractionConfig
from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.kit.contract.clock import to_timestamp


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
    """Yield who worked on each window; several share one where a model refused part of it."""
    for field in fields:
        if field.startswith(_WORKER):
            yield from field.removeprefix(_WORKER).decode().split(", ")


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
    job.extractors.extend(sorted(set(_workers(fields))))
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
