"""Run of a view's job: the summaries of every group, or of those whose memories changed."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.extraction.v1.extraction_pb2 import SummaryPartition, SummaryView
from agent_memory_services.extraction.domain.failures import Unfinished
from agent_memory_services.extraction.domain.views import Group, ViewName
from agent_memory_services.extraction.extractors.summarizers import Note, Task
from agent_memory_services.extraction.pipeline import ExtractionPipeline
from agent_memory_services.extraction.store.queue import Lease
from agent_memory_services.extraction.store.sources import Memories
from agent_memory_services.extraction.store.views import KeptSummary, KeptView, ViewStore
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.contract.messages import batched

SUMMARY_WORDS: Final = 300
NO_MEMORY: Final = "no memory is in this group"


@dataclass(frozen=True, slots=True)
class Written:
    """A summary, the owners whose memories went into it, and the summarizer that wrote it."""

    partition: SummaryPartition
    owners: frozenset[str]
    by: str = ""


class Writing:
    """Writer of the summaries of groups."""

    def __init__(self, memories: Memories, pipeline: ExtractionPipeline, *, most: int) -> None:
        """Read up to `most` memories of a group: the newest."""
        self._memories = memories
        self._pipeline = pipeline
        self._most = most

    async def write(self, view: SummaryView, group: Group) -> Written:
        """Return the summary of a group as it is now.

        Raises:
            ExtractionFailed: the summarizer failed.
            ServiceError: long-term memory refused, or is away.
        """
        found = await self._memories.latest(view, group, self._most)
        if not found:
            return Written(empty(view, group), frozenset({group.owner}))
        task = Task(instructions=view.prompt, model=view.model_name, max_words=SUMMARY_WORDS)
        partition = _partition(view, group)
        partition.summary, by = await self._pipeline.condensed(_notes(found), task)
        partition.memory_count = len(found)
        owners = frozenset({group.owner, *(memory.user_id for memory in found)})
        return Written(partition, owners, by)

    def mark(self, view: SummaryView, digest: bytes) -> bytes:
        """Return a mark that changes whenever the summary of the memories would change."""
        summarizer = self._pipeline.summarizer
        parts = (view.prompt, view.model_name, summarizer.name, summarizer.version)
        return blake2b(b"\0".join([digest, *map(str.encode, parts)]), digest_size=16).digest()


def empty(view: SummaryView, group: Group) -> SummaryPartition:
    """Return the partition of a group without memories."""
    partition = _partition(view, group)
    partition.empty_reason = NO_MEMORY
    return partition


def _partition(view: SummaryView, group: Group) -> SummaryPartition:
    return SummaryPartition(
        view_id=view.id, group=group.message(), compute_time=clock.to_timestamp(clock.now_micros())
    )


def _notes(memories: Sequence[Memory]) -> list[Note]:
    return [
        Note(memory.text, clock.to_datetime(memory.create_time), memory.user_id)
        for memory in memories
    ]


_GROUPS_AT_A_TIME: Final = 200
_DIGEST_BITS: Final = 128


@dataclass(slots=True)
class Tally:
    """Order-independent digest of the memories of a group."""

    count: int = 0
    _sum: int = 0

    def add(self, memory_id: str, etag: str) -> None:
        """Count a memory in the state that its etag tells."""
        self.count += 1
        digest = blake2b(f"{memory_id}\0{etag}".encode(), digest_size=_DIGEST_BITS // 8).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % (1 << _DIGEST_BITS)

    @property
    def digest(self) -> bytes:
        """Another one whenever a memory is added, removed or changed."""
        return self.count.to_bytes(8) + self._sum.to_bytes(_DIGEST_BITS // 8)


@dataclass(slots=True)
class ViewTally:
    """Every memory of a view at a moment.

    Attributes:
        groups: what each group looks like.
        count: how many memories there are, grouped or not.
        newest: when one of them changed last, in microseconds since the epoch.
    """

    groups: dict[Group, Tally] = field(default_factory=lambda: defaultdict(Tally))
    count: int = 0
    newest: int = 0

    @property
    def seen(self) -> bytes:
        """Digest that `is_as_seen` compares with."""
        return f"{self.count} {self.newest}".encode()


async def tally_view(memories: Memories, view: SummaryView) -> ViewTally:
    """Count what a view covers now; keeps one tally for each group and no memory."""
    found = ViewTally()
    async for memory in memories.every(view):
        found.count += 1
        found.newest = max(found.newest, clock.to_micros(memory.update_time))
        if (group := Group.of(memory, view.group_by)) is not None:
            found.groups[group].add(memory.id, memory.etag)
    return found


async def is_as_seen(memories: Memories, view: SummaryView, seen: bytes) -> bool:
    """Return true if a view's memories are those of a tally, by two counts and no listing."""
    if not seen:
        return False
    count, newest = map(int, seen.split())
    if await memories.count(view) != count:
        return False
    return not await memories.count(view, changed_after=newest)


class ViewRuns:
    """Runner of jobs of kind SUMMARY_VIEW."""

    def __init__(
        self, store: ViewStore, memories: Memories, writing: Writing, *, share_seconds: float
    ) -> None:
        """Stop after `share_seconds`, with at least one summary done, to be continued."""
        self._store = store
        self._memories = memories
        self._writing = writing
        self._share_seconds = share_seconds

    async def perform(self, lease: Lease) -> None:
        """Refresh a view; what an earlier attempt of the job did is not done again.

        Raises:
            Unfinished: there is more to do than fits into one run.
            SummaryViewNotFound: the view is gone.
            ExtractionFailed: the summarizer failed; summaries not reached stay as they are.
            ServiceError: long-term memory refused, or is away; likewise.
            LeaseLost: another worker has the job.
        """
        name = ViewName(lease.record.tenant, lease.record.job.view_id)
        kept = await self._store.find(name)
        if kept is None:
            raise errors.SummaryViewNotFound(name.view_id)
        share = clock.Timer(self._share_seconds)
        counted = await tally_view(self._memories, kept.view)
        async for group, mark in self._due(lease, kept, counted.groups):
            written = await self._writing.write(kept.view, group)
            summary = KeptSummary(group, written.partition, mark, lease.job_id, written.by)
            await self._store.put(kept, summary, written.owners, lease)
            if share.is_over:
                raise Unfinished
        await self._end_vanished(lease, kept, counted.groups)
        await self._store.record_seen(kept, counted.seen)

    async def _due(
        self, lease: Lease, kept: KeptView, tallies: Mapping[Group, Tally]
    ) -> AsyncIterator[tuple[Group, bytes]]:
        """Yield the groups that this job has still to write, with their marks."""
        groups = sorted(tallies, key=lambda group: group.key)
        for some in batched(groups, _GROUPS_AT_A_TIME):
            known = {each.group: each for each in await self._store.summaries(kept, some)}
            for group in some:
                mark = self._writing.mark(kept.view, tallies[group].digest)
                if not _is_done(lease, known.get(group), mark):
                    yield group, mark

    async def _end_vanished(self, lease: Lease, kept: KeptView, present: Iterable[Group]) -> None:
        """Say of groups without memories that they are empty; forget those that were already."""
        present = frozenset(present)
        async for some in self._summarized(kept):
            vanished = [group for group in some if group not in present]
            for summary in await self._store.summaries(kept, vanished):
                if summary.job_id == lease.job_id:
                    continue
                if summary.partition.empty_reason:
                    place = (kept.edition, summary.group.key)
                    await self._store.drop(kept.name.tenant, [place])
                    continue
                nothing = empty(kept.view, summary.group)
                emptied = KeptSummary(summary.group, nothing, b"", lease.job_id)
                # Its group may still be named after them: a session is.
                owners = [summary.group.owner, *summary.owners]
                await self._store.put(kept, emptied, owners, lease)

    async def _summarized(self, kept: KeptView) -> AsyncIterator[Sequence[Group]]:
        after = ""
        while some := await self._store.groups(kept, after, _GROUPS_AT_A_TIME):
            yield some
            after = some[-1].key


def _is_done(lease: Lease, known: KeptSummary | None, mark: bytes) -> bool:
    if known is None:
        return False
    if known.job_id == lease.job_id:
        return True
    return lease.record.only_changed and known.seen == mark
