"""Watching jobs: where they stand now, then every change."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind, JobState, SessionProgress
from agent_memory_services.extraction.queue.identity import Thread
from agent_memory_services.extraction.queue.jobs import JobFilter, Jobs
from agent_memory_services.extraction.queue.progress import ProgressBook
from agent_memory_services.extraction.watching.feed import (
    Change,
    Feed,
    Following,
    Position,
    read_position,
    spell,
)
from agent_memory_services.runtime.cursors import decode_cursor, encode_cursor
from agent_memory_services.runtime.keys import encode
from agent_memory_services.runtime.principal import Principal

_SNAPSHOT_PAGE = 100
_UNSETTLED = (
    JobState.JOB_STATE_PENDING,
    JobState.JOB_STATE_RUNNING,
    JobState.JOB_STATE_FAILED,
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a watcher is told.

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
    """What somebody watches: one thread, or everything of the tenant where it is None."""

    principal: Principal
    thread: Thread | None

    def concerns(self, change: Change) -> bool:
        """Whether a change is about it."""
        if self.thread is not None:
            return change.thread_key == self.thread.key
        return change.tenant_key == encode(self.principal.tenant) and bool(change.job_id)

    @property
    def binding(self) -> bytes:
        """What its tokens are valid for."""
        return (self.thread.key if self.thread else encode(self.principal.tenant)).encode()


class Watch:
    """Answers watchers."""

    def __init__(
        self,
        jobs: Jobs,
        progress: ProgressBook,
        feed: Feed,
        *,
        partitions: int,
        checkpoint_seconds: float,
    ) -> None:
        self._jobs = jobs
        self._progress = progress
        self._feed = feed
        self._partitions = partitions
        self._checkpoint_seconds = checkpoint_seconds

    async def follow(self, watched: Watched, token: str) -> AsyncGenerator[Sighting, None]:
        """Tell where jobs stand, then what changes; never ends by itself.

        With a token the first part is left out, unless changes since then are forgotten.

        Raises:
            InvalidToken: the token is damaged or of another watch.
        """
        given = _read_token(token, watched) if token else {}
        async with self._feed.follow(self._range(watched)) as following:
            at = {
                partition: given.get(partition, tail.end)
                for partition, tail in following.tails.items()
            }
            if not token or await _is_behind(following, at):
                async for sighting in self._snapshot(watched, at):
                    yield sighting
            while True:
                async for sighting in self._news(watched, following, at):
                    yield sighting
                await following.wait(self._checkpoint_seconds)
                if not _has_news(following, at):
                    yield await self._checkpoint(watched, at)

    def _range(self, watched: Watched) -> list[int]:
        if watched.thread is None:
            return list(range(self._partitions))
        return [watched.thread.partition(self._partitions)]

    async def _snapshot(
        self, watched: Watched, at: Mapping[int, Position]
    ) -> AsyncIterator[Sighting]:
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

    async def _news(
        self, watched: Watched, following: Following, at: dict[int, Position]
    ) -> AsyncIterator[Sighting]:
        for partition, tail in following.tails.items():
            while changes := await tail.since(at[partition]):
                at[partition] = changes[-1].position
                relevant = [change.job_id for change in changes if watched.concerns(change)]
                async for sighting in self._changed(watched, relevant, at):
                    yield sighting

    async def _changed(
        self, watched: Watched, job_ids: Iterable[str], at: Mapping[int, Position]
    ) -> AsyncIterator[Sighting]:
        """What became of jobs that changed, each once; a watcher is told states, not steps."""
        distinct = dict.fromkeys(job_ids)
        if "" in distinct:
            yield await self._checkpoint(watched, at)
        for job in await self._jobs.load(watched.principal, [*filter(None, distinct)]):
            yield await self._sighting(watched, job, at)

    async def _sighting(self, watched: Watched, job: Job, at: Mapping[int, Position]) -> Sighting:
        about_session = job.kind == JobKind.JOB_KIND_EXTRACTION
        tenant = watched.principal.tenant
        progress = await self._progress.of_job(tenant, job) if about_session else None
        return Sighting(job, progress, _write_token(at, watched))

    async def _checkpoint(self, watched: Watched, at: Mapping[int, Position]) -> Sighting:
        token = _write_token(at, watched)
        if watched.thread is None:
            return Sighting(None, None, token)
        standing = await self._progress.of_thread(watched.thread)
        if not watched.principal.allows(watched.thread.namespace, standing.user_id):
            return Sighting(None, None, token)
        return Sighting(None, standing.progress, token)


async def _is_behind(following: Following, at: Mapping[int, Position]) -> bool:
    for partition, tail in following.tails.items():
        if await tail.forgot(at[partition]):
            return True
    return False


def _has_news(following: Following, at: Mapping[int, Position]) -> bool:
    return any(tail.end > at[partition] for partition, tail in following.tails.items())


def _write_token(at: Mapping[int, Position], watched: Watched) -> str:
    spelled = ",".join(f"{partition}={spell(position)}" for partition, position in at.items())
    return encode_cursor(spelled.encode(), watched.binding)


def _read_token(token: str, watched: Watched) -> dict[int, Position]:
    spelled = decode_cursor(token, watched.binding).decode()
    places = (place.partition("=") for place in spelled.split(","))
    return {int(partition): read_position(position) for partition, _, position in places}
