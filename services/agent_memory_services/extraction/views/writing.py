"""Summary of one group's memories."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.extraction.v1.extraction_pb2 import SummaryPartition, SummaryView
from agent_memory_services.extraction.domain.views import Group
from agent_memory_services.extraction.extractors.summarizers import Note, Task
from agent_memory_services.extraction.pipeline import ExtractionPipeline
from agent_memory_services.extraction.store.sources import Memories
from agent_memory_services.kit.contract.clock import now_micros, to_datetime, to_timestamp

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
        view_id=view.id, group=group.message(), compute_time=to_timestamp(now_micros())
    )


def _notes(memories: Sequence[Memory]) -> list[Note]:
    return [
        Note(memory.text, to_datetime(memory.create_time), memory.user_id) for memory in memories
    ]
