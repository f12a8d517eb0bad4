"""Stream of job changes."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind, JobState, SessionProgress
from agent_memory_services.extraction.domain.identity import Thread, partition_prefix
from agent_memory_services.extraction.queue.jobs import JobFilter, Jobs
from agent_memory_services.extraction.store.progress import ProgressBook
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.cursors import encode_cursor, read_cursor, whole_number
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.feed.subscription import ForgottenError, Subscriptions
from agent_memory_services.kit.redis.feed.tail import Position, Raw
from agent_memory_services.kit.redis.keys import encode


def changes_key(partition: int) -> str:
    """Key of the changes of a partition, in order."""
    return f"{partition_prefix(partition)}changes"


def thread_topic(thread_key: str) -> tuple[str, str]:
    """Return the topic of a session's changes."""
    return "thread", thread_key


def tenant_topic(tenant_key: str) -> tuple[str, str]:
    """Return the topic of the changes of a tenant's jobs."""
    return "tenant", tenant_key


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a job or, with an empty job id, to a session without one."""

    position: Position
    tenant_key: str
    thread_key: str
    job_id: str

    @property
    def topics(self) -> tuple[tuple[str, str], ...]:
        """Topics of the event."""
        thread = thread_topic(self.thread_key)
        return (thread, tenant_topic(self.tenant_key)) if self.job_id else (thread,)

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """Return a change as the queue's scripts write it."""
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
    """Event that a watcher receives.

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
    """Target of a watch: one thread, or the whole tenant where it is None."""

    principal: Principal
    thread: Thread | None

    @property
    def topic(self) -> tuple[str, str]:
        """Topic of the target's changes."""
        if self.thread is not None:
            return thread_topic(self.thread.key)
        return tenant_topic(encode(self.principal.tenant))

    @property
    def binding(self) -> bytes:
        """Bytes that bind tokens to the target."""
        return (self.thread.key if self.thread else encode(self.principal.tenant)).encode()


class JobWatch:
    """Watches of jobs on behalf of callers."""

    def __init__(
        self,
        jobs: Jobs,
        progress: ProgressBook,
        feed: Feed[Change],
        *,
        partitions: int,
        checkpoint_seconds: float,
    ) -> None:
        self._jobs = jobs
        self._progress = progress
        self._feed = feed
        self._partitions = partitions
        self._checkpoint_seconds = checkpoint_seconds

    async def follow(self, watched: Watched, token: str) -> AsyncGenerator[JobWatchUpdate, None]:
        """Yield the status of jobs, then their changes; never ends on its own.

        With a token the first part is left out, unless changes since then are forgotten.

        Raises:
            InvalidToken: the token is damaged or of another watch.
        """
        given = _read_token(token, watched) if token else {}
        partitions = self._range(watched)
        async with self._feed.follow([*map(changes_key, partitions)], watched.topic) as following:
            places = _Places(partitions, following)
            up_to_date = bool(token) and await places.rewind(given)
            moved = True
            while True:
                try:
                    if not up_to_date:
                        async for sighting in self._snapshot(watched, places.at):
                            yield sighting
                    up_to_date = True
                    async for sighting in self._news(watched, places):
                        yield sighting
                except ForgottenError:
                    places.skip()
                    up_to_date = False
                    continue
                if not moved:
                    yield await self._checkpoint(watched, places.at)
                moved = await following.wait(self._checkpoint_seconds)

    def _range(self, watched: Watched) -> list[int]:
        if watched.thread is None:
            return list(range(self._partitions))
        return [watched.thread.partition(self._partitions)]

    async def _snapshot(
        self, watched: Watched, at: Mapping[int, Position]
    ) -> AsyncIterator[JobWatchUpdate]:
        if watched.thread is None:
            async for job in self._unsettled_of_tenant(watched.principal):
                yield await self._sighting(watched, job, at)
            return
        standing = await self._progress.of_thread(watched.thread)
        for job in await self._jobs.load(watched.principal, standing.unsettled):
            yield await self._sighting(watched, job, at)
        yield await self._checkpoint(watched, at)

    async def _unsettled_of_tenant(self, principal: Principal) -> AsyncIterator[Job]:
        for state in _UNSETTLED:
            after: str | None = ""
            while after is not None:
                page = await self._jobs.page(
                    principal, JobFilter(state=state), after=after, limit=_SNAPSHOT_PAGE
                )
                for job in page.jobs:
                    yield job
                after = page.after

    async def _news(self, watched: Watched, places: "_Places") -> AsyncIterator[JobWatchUpdate]:
        for subscription in places.subscriptions:
            while True:
                before = places.at
                changes = await subscription.news()
                if not changes and not subscription.behind:
                    break
                job_ids = [change.job_id for change in changes]
                async for sighting in self._changed(watched, job_ids, before, places.at):
                    yield sighting

    async def _changed(
        self,
        watched: Watched,
        job_ids: Iterable[str],
        before: Mapping[int, Position],
        after: Mapping[int, Position],
    ) -> AsyncIterator[JobWatchUpdate]:
        """Yield the states of changed jobs, each once; a watcher receives states, not steps.

        Until all of it was told, a token continues before it.
        """
        distinct = dict.fromkeys(job_ids)
        jobs = await self._jobs.load(watched.principal, [*filter(None, distinct)])
        if "" in distinct:
            yield await self._checkpoint(watched, before if jobs else after)
        for number, job in enumerate(jobs, start=1):
            yield await self._sighting(watched, job, after if number == len(jobs) else before)

    async def _sighting(
        self, watched: Watched, job: Job, at: Mapping[int, Position]
    ) -> JobWatchUpdate:
        about_session = job.kind == JobKind.JOB_KIND_EXTRACTION
        tenant = watched.principal.tenant
        progress = await self._progress.of_job(tenant, job) if about_session else None
        return JobWatchUpdate(job, progress, _write_token(at, watched))

    async def _checkpoint(self, watched: Watched, at: Mapping[int, Position]) -> JobWatchUpdate:
        token = _write_token(at, watched)
        if watched.thread is None:
            return JobWatchUpdate(None, None, token)
        standing = await self._progress.of_thread(watched.thread)
        if not watched.principal.allows(watched.thread.namespace, standing.user_id):
            return JobWatchUpdate(None, None, token)
        return JobWatchUpdate(None, standing.progress, token)


class _Places:
    """Position of a watcher in each partition."""

    def __init__(self, partitions: Sequence[int], following: Subscriptions[Change]) -> None:
        self.subscriptions = list(following.subscriptions.values())
        self._by_partition = dict(zip(partitions, self.subscriptions, strict=True))

    @property
    def at(self) -> Mapping[int, Position]:
        """Every change up to here was told."""
        return {partition: each.position for partition, each in self._by_partition.items()}

    async def rewind(self, given: Mapping[int, Position]) -> bool:
        """Go on where a token says; false where changes since then are forgotten."""
        try:
            for partition, position in given.items():
                if subscription := self._by_partition.get(partition):
                    await subscription.rewind(position)
        except ForgottenError:
            self.skip()
            return False
        return True

    def skip(self) -> None:
        """Go on at the present, past all that was not told."""
        for subscription in self.subscriptions:
            subscription.skip()


def _write_token(at: Mapping[int, Position], watched: Watched) -> str:
    spelled = ",".join(f"{partition}={each.spell()}" for partition, each in at.items())
    return encode_cursor(spelled.encode(), watched.binding)


def _read_token(token: str, watched: Watched) -> dict[int, Position]:
    return read_cursor(token, _read_places, watched.binding)


def _read_places(spelled: bytes) -> dict[int, Position]:
    places = (place.partition(b"=") for place in spelled.split(b","))
    return {whole_number(partition): Position.read(position) for partition, _, position in places}
