"""Stream of job changes."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Self

from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind, JobState, SessionProgress
from agent_memory_services.extraction.domain.records import Thread, partition_prefix
from agent_memory_services.extraction.queue.jobs import JobFilter, Jobs
from agent_memory_services.extraction.store.progress import ProgressBook
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.feed.tail import Position, Raw
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.watch import Batch, Watch, WatchSource, WatchTokens


def changes_key(partition: int) -> str:
    """Return the key of the changes of a partition, in order."""
    return f"{partition_prefix(partition)}changes"


def thread_topic(thread_key: str) -> tuple[str, str]:
    """Return the topic of the changes of a session."""
    return "thread", thread_key


def tenant_topic(tenant_key: str) -> tuple[str, str]:
    """Return the topic of the changes of a tenant's jobs."""
    return "tenant", tenant_key


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a job or, with an empty job id, of a session without one."""

    position: Position
    tenant_key: str
    thread_key: str
    job_id: str

    @property
    def topics(self) -> tuple[tuple[str, str], ...]:
        """The topics that it concerns."""
        thread = thread_topic(self.thread_key)
        return (thread, tenant_topic(self.tenant_key)) if self.job_id else (thread,)

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """Read a change as the queue's scripts write it."""
        position, fields = entry
        return cls(
            Position.read(position),
            fields[b"tenant"].decode(),
            fields[b"thread"].decode(),
            fields[b"job"].decode(),
        )


_SNAPSHOT_PAGE = 100
_UNSETTLED = (
    JobState.JOB_STATE_PENDING,
    JobState.JOB_STATE_RUNNING,
    JobState.JOB_STATE_FAILED,
)


@dataclass(frozen=True, slots=True)
class JobWatchUpdate:
    """An update for a watcher.

    Attributes:
        job: A job that changed; None in a checkpoint.
        progress: How far its session is, or the session that is watched.
        token: Continues after this.
    """

    job: Job | None
    progress: SessionProgress | None
    token: str


@dataclass(frozen=True, slots=True)
class Watched:
    """Subject of a watch: one thread, or everything of the tenant where it is None."""

    principal: Principal
    thread: Thread | None

    @property
    def topic(self) -> tuple[str, str]:
        """The topic of its changes."""
        if self.thread is not None:
            return thread_topic(self.thread.key)
        return tenant_topic(encode(self.principal.tenant))

    @property
    def binding(self) -> bytes:
        """The binding of its tokens."""
        return (self.thread.key if self.thread else encode(self.principal.tenant)).encode()


class JobWatch:
    """Answers watchers of jobs."""

    def __init__(
        self,
        jobs: Jobs,
        progress: ProgressBook,
        feed: Feed[Change],
        *,
        partitions: int,
        checkpoint_seconds: float,
    ) -> None:
        """Tell nothing for `checkpoint_seconds` at the most."""
        self._jobs = jobs
        self._progress = progress
        self._partitions = partitions
        self._watch = Watch(feed, checkpoint_seconds=checkpoint_seconds)

    def follow(self, watched: Watched, token: str) -> AsyncGenerator[JobWatchUpdate, None]:
        """Yield the state of jobs, then what changes; never ends without an error.

        With a token the first part is left out, unless changes since then are forgotten.

        Raises:
            InvalidToken: the token is damaged or of another watch.
        """
        source = _JobSource(watched, self._jobs, self._progress, self._partitions)
        return self._watch.follow(source, token)


class _JobSource(WatchSource[Change, JobWatchUpdate]):
    """The jobs of a thread or of a tenant; a watcher is told states, not steps."""

    def __init__(
        self, watched: Watched, jobs: Jobs, progress: ProgressBook, partitions: int
    ) -> None:
        self._watched = watched
        self._principal = watched.principal
        self._jobs = jobs
        self._progress = progress
        thread = watched.thread
        found = range(partitions) if thread is None else [thread.partition(partitions)]
        self.streams = {str(partition): changes_key(partition) for partition in found}
        self.topic = watched.topic
        self.tokens = WatchTokens(watched.binding, labelled=True)

    async def snapshot(self, token: str) -> AsyncIterator[JobWatchUpdate]:
        """Yield every job that is not done."""
        if self._watched.thread is None:
            async for job in self._unsettled_of_tenant():
                yield await self._update(job, token)
            return
        status = await self._progress.of_thread(self._watched.thread)
        for job in await self._jobs.load(self._principal, status.unsettled):
            yield await self._update(job, token)

    async def render(self, batch: Batch[Change]) -> AsyncIterator[JobWatchUpdate]:
        """Yield the state of each job that changed, once.

        Until all of it was told, a token continues before it.
        """
        distinct = dict.fromkeys(change.job_id for change in batch.entries)
        jobs = await self._jobs.load(self._principal, [*filter(None, distinct)])
        if "" in distinct:
            yield await self.checkpoint(batch.before if jobs else batch.after)
        for number, job in enumerate(jobs, start=1):
            yield await self._update(job, batch.after if number == len(jobs) else batch.before)

    async def checkpoint(self, token: str) -> JobWatchUpdate:
        """Return a sign of life, with the progress of a thread."""
        thread = self._watched.thread
        if thread is None:
            return JobWatchUpdate(None, None, token)
        status = await self._progress.of_thread(thread)
        if not self._principal.allows(thread.namespace, status.user_id):
            return JobWatchUpdate(None, None, token)
        return JobWatchUpdate(None, status.progress, token)

    async def _unsettled_of_tenant(self) -> AsyncIterator[Job]:
        for state in _UNSETTLED:
            after: str | None = ""
            while after is not None:
                page = await self._jobs.page(
                    self._principal, JobFilter(state=state), after=after, limit=_SNAPSHOT_PAGE
                )
                for job in page.jobs:
                    yield job
                after = page.after

    async def _update(self, job: Job, token: str) -> JobWatchUpdate:
        about_session = job.kind == JobKind.JOB_KIND_EXTRACTION
        tenant = self._principal.tenant
        progress = await self._progress.of_job(tenant, job) if about_session else None
        return JobWatchUpdate(job, progress, token)
