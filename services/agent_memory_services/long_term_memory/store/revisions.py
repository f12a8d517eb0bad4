"""The revisions of memories, as the commits wrote them down."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.long_term_memory.store.documents import memory_of, shard_of

_SLICE: Final = 50


@script("agent_memory_services.long_term_memory.store", "lua/revisions")
def _revisions(revisions: Key, memory: Key, *, below: int, count: int) -> Any:
    """Read revisions of a memory, the latest first, and the memory as it is."""


@dataclass(frozen=True, slots=True)
class RevisionSlice:
    """Revisions that follow one another, and the memory at the moment they were read.

    Attributes:
        revisions: the latest first, each with the record before and after it.
        present: the memory; None where it is gone.
        more: whether there are older ones.
    """

    revisions: Sequence[MemoryRevision]
    present: Memory | None
    more: bool


class RevisionLog:
    """The revisions of all memories."""

    def __init__(self, client: Redis, shards: int) -> None:
        """Read them where a `MemoryStore` of so many shards keeps them."""
        self._client = client
        self._shards = shards

    async def read(
        self, tenant: str, memory_id: str, *, below: int = 0, count: int
    ) -> RevisionSlice:
        """Read the latest `count` revisions, or those below a number, in one round trip."""
        shard = shard_of(tenant, self._shards)
        fields, last, first, (left, *values) = await _revisions(
            self._client,
            shard.revisions(tenant, memory_id),
            shard.memory(tenant, memory_id),
            below=below,
            count=count + 1,
        )
        present = memory_of(fields)
        after = present if first == last else _record(left)
        found = list(_revisions_of(memory_id, first, after, values))
        return RevisionSlice(found[:count], present, len(found) > count)

    async def slices(self, tenant: str, memory_id: str) -> AsyncIterator[RevisionSlice]:
        """Yield all revisions that are still kept, the latest first."""
        below, more = 0, True
        while more:
            part = await self.read(tenant, memory_id, below=below, count=_SLICE)
            yield part
            more = part.more
            below = int(part.revisions[-1].revision_id) if more else 0


def _revisions_of(
    memory_id: str, first: int, after: Memory | None, values: Sequence[bytes | None]
) -> Iterator[MemoryRevision]:
    """Return the revisions from a number downwards, until the first that was dropped."""
    pairs = zip(values[::2], values[1::2], strict=True)
    for number, (noted, found) in zip(range(first, 0, -1), pairs, strict=False):
        if noted is None:
            return
        before = _record(found)
        revision = MemoryRevision.FromString(noted)
        revision.MergeFrom(
            MemoryRevision(revision_id=str(number), memory_id=memory_id, before=before, after=after)
        )
        yield revision
        after = before


def _record(data: bytes | None) -> Memory | None:
    return None if data is None else Memory.FromString(data)
