"""Acceptance of messages: one atomic step that stores them and schedules the work on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind
from agent_memory_services.extraction.domain.records import Session, new_job_id
from agent_memory_services.extraction.store.queue import Limits, Store, step
from agent_memory_services.kit.contract import errors, ids
from agent_memory_services.kit.observe.tracing.spans import kept_context
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.scripts import Key


class _Given(NamedTuple):
    """A memory to be stored as it is."""

    id: str
    memory: bytes


@dataclass(frozen=True, slots=True)
class _Withheld:
    """First and last sequence of messages that will never come."""

    first: int
    last: int


@step("submit")
def _submit(
    base: Key,
    limits: Limits,
    *,
    tenant: str,
    tenant_name: str,
    thread: str,
    session: str,
    uid: str,
    spec: bytes,
    user: str,
    owner: str,
    fence: str,
    config: bytes,
    zone: str,
    reference: int,
    extract_job: str,
    store_job: str,
    wait: int,
    patience: int,
    extracting: bool,
    indexing: bool,
    deleted: bool,
    trace: str,
    withheld: _Withheld | None,
    sequences: Sequence[int],
    messages: Sequence[bytes],
    memories: Sequence[_Given],
) -> Any:
    """Take messages and memories of a session in, and schedule the jobs that work on them."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Messages and settings that a session submits.

    Attributes:
        session: The session.
        user_id: Its owner; empty where none is known.
        messages: Each with its id and sequence.
        memories: To be stored as they are, each with its id.
        config: How messages become memories.
        time_zone: The IANA zone of relative dates; empty means UTC.
        withheld: First and last sequence of messages that will never come; None where all will.
        deleted: The session was deleted, and searches find its messages no more.
    """

    session: Session
    user_id: str
    messages: Sequence[Message]
    memories: Sequence[Memory]
    config: ExtractionConfig
    time_zone: str = ""
    withheld: tuple[int, int] | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Outcome of a submission: the job that processes it, and the progress of the session."""

    job_id: str
    received_sequence: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Start times of the work on a session.

    Attributes:
        debounce_seconds: Extraction waits until the session has been quiet for so long,
        max_wait_seconds: but no longer than this after the first message.
        reference_messages: Messages that are kept to be seen by the next run as well.
        index_messages: Whether messages are stored as memories too, at once, where their session
            does not say.
    """

    debounce_seconds: float = 2.0
    max_wait_seconds: float = 30.0
    reference_messages: int = 6
    index_messages: bool = False

    def indexes(self, config: ExtractionConfig) -> bool:
        """Return true if the messages of a session are stored as memories."""
        if config.HasField("index_messages"):
            return config.index_messages
        return self.index_messages and _extracts(config)


class Submissions:
    """Entry point of submissions to the store."""

    def __init__(
        self, store: Store, schedule: Schedule, wake: Callable[[int, float, str], None]
    ) -> None:
        """Tell `wake` in which partition something is due, and in how many seconds.

        Of what is due at once it is told the key of the tenant, else an empty one.
        """
        self._store = store
        self._schedule = schedule
        self._wake = wake

    async def submit(self, submission: Submission) -> Receipt:
        """Store what is new of a submission, durably, and schedule the work on it.

        The first owner that a session names is its owner for good; later submissions may repeat
        or leave out who that is.

        Raises:
            OwnerMismatch: the session belongs to another user.
            SessionErased: its owner was erased.
        """
        session, plan = submission.session, self._schedule
        partition = session.thread.partition(self._store.partitions)
        tenant, indexing = session.thread.tenant, plan.indexes(submission.config)
        answer = await self._store.take(
            _submit,
            partition,
            tenant=encode(tenant),
            tenant_name=tenant,
            thread=session.thread.key,
            session=session.key,
            uid=session.uid,
            spec=_specification(submission).SerializeToString(),
            user=submission.user_id,
            owner=encode(submission.user_id),
            fence=ids.fence_name(tenant, submission.user_id, session.uid),
            config=submission.config.SerializeToString(),
            zone=submission.time_zone,
            reference=plan.reference_messages,
            extract_job=new_job_id(partition),
            store_job=new_job_id(partition),
            wait=int(plan.debounce_seconds * 1_000_000),
            patience=int(plan.max_wait_seconds * 1_000_000),
            extracting=_extracts(submission.config),
            indexing=indexing,
            deleted=submission.deleted,
            trace=kept_context(),
            withheld=_Withheld(*submission.withheld) if submission.withheld else None,
            sequences=[message.sequence for message in submission.messages],
            messages=[message.SerializeToString() for message in submission.messages],
            memories=[_Given(m.id, m.SerializeToString()) for m in submission.memories],
        )
        refusal, job_id, received = answer
        if refusal:
            raise errors.OwnerMismatch("session") if refusal == b"owner" else errors.SessionErased
        if submission.memories or indexing or submission.deleted:
            self._wake(partition, 0.0, encode(tenant))
        if submission.messages:
            self._wake(partition, self._schedule.debounce_seconds, "")
        return Receipt(job_id.decode(), received)


def _extracts(config: ExtractionConfig) -> bool:
    return config.strategy != ExtractionStrategy.EXTRACTION_STRATEGY_NONE


def _specification(submission: Submission) -> Job:
    """Return a job with the fields that its session decides, but for the owner, known later."""
    thread = submission.session.thread
    return Job(
        kind=JobKind.JOB_KIND_EXTRACTION,
        session=SessionRef(namespace=thread.namespace, session_id=thread.session_id),
        session_uid=submission.session.uid,
    )
