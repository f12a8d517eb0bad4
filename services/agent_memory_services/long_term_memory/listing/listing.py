"""Listing and counting memories, without a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.commands.search.aggregation import AggregateRequest, Desc

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.filtering.expression import ALWAYS, Node, Range, every
from agent_memory_services.long_term_memory.filtering.filters import compile_filter
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.index.index import MemoryIndex
from agent_memory_services.long_term_memory.records.documents import READ, memory_of
from agent_memory_services.long_term_memory.scope import Scope, Selection
from agent_memory_services.long_term_memory.visibility import visible
from agent_memory_services.runtime.clock import to_micros
from agent_memory_services.runtime.keys import encode

_TIME_BYTES: Final = 8
# The library takes these objects, whatever its annotations say.
_NEWEST_FIRST: Final[tuple[Any, ...]] = (Desc(f"@{schema.CREATE}"), Desc(f"@{schema.ID}"))


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a memory in the order of listings: newest first, ties by id, descending.

    Attributes:
        create_time: when it was first stored, in microseconds.
        memory_id: its id.
    """

    create_time: int
    memory_id: str

    def pack(self) -> bytes:
        """The position as the payload of a cursor."""
        return self.create_time.to_bytes(_TIME_BYTES, "big", signed=True) + self.memory_id.encode()

    @classmethod
    def unpack(cls, payload: bytes) -> "Position":
        """The position that a cursor carries."""
        time, memory_id = payload[:_TIME_BYTES], payload[_TIME_BYTES:]
        return cls(int.from_bytes(time, "big", signed=True), memory_id.decode())

    @classmethod
    def of(cls, memory: Memory) -> "Position":
        """Where a memory stands."""
        return cls(to_micros(memory.create_time), memory.id)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a listing.

    Attributes:
        memories: the memories, newest first.
        total: how many match in all, on whichever page.
        more_after: where the next page goes on; None where there is none.
    """

    memories: Sequence[Memory]
    total: int
    more_after: Position | None


def listed(given: MemoryFilter, *, include_hidden: bool, now: int) -> Node:
    """What a listing shows of what a filter matches, at a moment in microseconds.

    Raises:
        InvalidField: the filter nests too deep.
    """
    matching = compile_filter(given, "filter")
    return matching if include_hidden else every([matching, visible(now)])


class RecordsRequest(AggregateRequest):
    """Reads records last, and so of the page alone; the library would read all that match."""

    def build_args(self) -> list[str]:
        """The request in the engine's words."""
        return [*super().build_args(), "LOAD", str(len(READ)), *READ]


class Listing:
    """Lists and counts what a condition selects."""

    def __init__(self, index: MemoryIndex) -> None:
        self._index = index

    async def page(
        self, scope: Scope, condition: Node, *, size: int, after: Position | None
    ) -> Listed:
        """The `size` memories that follow a position, or the newest.

        A memory that is stored in between shifts nothing: each page goes on behind the last
        memory of the page before, whatever came to stand in front of it.
        """
        following = Range(schema.CREATE, high=after.create_time) if after else ALWAYS
        rows, total = await self._index.page(
            scope.select(condition),
            _newest(scope.select(every([condition, following])), size + 1, after),
        )
        found = [memory for row in rows if (memory := memory_of(fields_of(row))) is not None]
        more = len(rows) > size and found
        return Listed(found[:size], total, Position.of(found[:size][-1]) if more else None)

    async def count(self, scope: Scope, condition: Node) -> int:
        """How many memories match."""
        return await self._index.count(scope.select(condition))


def _newest(selection: Selection, count: int, after: Position | None) -> AggregateRequest:
    request = RecordsRequest(str(selection.condition)).dialect(2)
    if after is not None:
        # The query alone cannot compare ids, and a single sort key cannot break ties.
        at, last = after.create_time, encode(after.memory_id)
        request.filter(f"@{schema.CREATE} < {at} || @{schema.ID} < '{last}'")
    return request.sort_by(*_NEWEST_FIRST, max=count)


def fields_of(row: Sequence[bytes]) -> list[bytes | None]:
    """The fields `READ` of a row, which alternates names and values."""
    by_name = dict(zip(row[::2], row[1::2], strict=True))
    return [by_name.get(name.encode()) for name in READ]
