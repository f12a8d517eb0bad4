"""Listings of memories, by page and as a walk over all of them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.commands.search.aggregation import AggregateRequest, Asc, Desc
from redisvl.query import CountQuery

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import now_micros, to_micros
from agent_memory_services.kit.contract.numbers import LARGEST_EXACT
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.scripts import mapping_of
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.scope import Scope, Selection
from agent_memory_services.long_term_memory.store.documents import READ, memory_of
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex

_TIME_BYTES: Final = 8
# The library takes these objects, whatever its annotations say.
_NEWEST_FIRST: Final[tuple[Any, ...]] = (Desc(f"@{fields.CREATE}"), Desc(f"@{fields.ID}"))


@dataclass(frozen=True, slots=True)
class ListingCursor:
    """The place of a memory in the order of listings: newest first, ties by id, descending.

    Attributes:
        create_time: when it was first stored, in microseconds.
        memory_id: its id.
    """

    create_time: int
    memory_id: str

    def pack(self) -> bytes:
        """Return the position as the payload of a cursor."""
        return self.create_time.to_bytes(_TIME_BYTES, "big", signed=True) + self.memory_id.encode()

    @classmethod
    def unpack(cls, payload: bytes) -> "ListingCursor":
        """Return the position that a cursor carries."""
        time, memory_id = payload[:_TIME_BYTES], payload[_TIME_BYTES:]
        return cls(int.from_bytes(time, "big", signed=True), memory_id.decode())

    @classmethod
    def of(cls, memory: Memory) -> "ListingCursor":
        """Return the position of a memory."""
        return cls(to_micros(memory.create_time), memory.id)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a listing.

    Attributes:
        memories: the memories, newest first.
        total: how many match in all, on whichever page.
        more_after: position behind the page; None where no page follows.
    """

    memories: Sequence[Memory]
    total: int
    more_after: ListingCursor | None


def listed(given: MemoryFilter, *, include_hidden: bool, now: int) -> conditions.Node:
    """Return the condition of what a listing shows of a filter's matches at `now`, in microseconds.

    Raises:
        InvalidField: the filter nests too deep.
    """
    matching = conditions.compile_filter(given, "filter")
    return matching if include_hidden else conditions.every([matching, conditions.visible(now)])


class RecordsRequest(AggregateRequest):
    """Reads records last, and so of the page alone; the library would read all that match."""

    def build_args(self) -> list[str]:
        """Return the request in the engine's words."""
        return [*super().build_args(), "LOAD", str(len(READ)), *READ]


class Listing:
    """Lists and counts what a condition selects."""

    def __init__(self, index: MemoryIndex) -> None:
        self._index = index

    async def page(
        self, scope: Scope, condition: conditions.Node, *, size: int, after: ListingCursor | None
    ) -> Listed:
        """Read the `size` memories that follow a position, or the newest.

        A memory that is stored in between shifts nothing: each page starts behind the last
        memory of the page before, whatever came to stand in front of it.
        """
        following = (
            conditions.Range(fields.CREATE, high=after.create_time) if after else conditions.ALWAYS
        )
        rows, total = await self._index.page(
            scope.select(condition),
            _newest(scope.select(conditions.every([condition, following])), size + 1, after),
        )
        found = [memory for row in rows if (memory := memory_of(fields_of(row))) is not None]
        more = len(rows) > size and found
        return Listed(found[:size], total, ListingCursor.of(found[:size][-1]) if more else None)

    async def count(self, scope: Scope, condition: conditions.Node) -> int:
        """Count the memories that match."""
        return await self._index.count(scope.select(condition))


def _newest(selection: Selection, count: int, after: ListingCursor | None) -> AggregateRequest:
    request = RecordsRequest(str(selection.condition)).dialect(2)
    if after is not None:
        # The query alone cannot compare ids, and a single sort key cannot break ties.
        at, last = after.create_time, encode(after.memory_id)
        request.filter(f"@{fields.CREATE} < {at} || @{fields.ID} < '{last}'")
    return request.sort_by(*_NEWEST_FIRST, max=count)


def fields_of(row: Sequence[bytes]) -> list[bytes | None]:
    """Return the fields `READ` of a row, which alternates names and values."""
    by_name = mapping_of(row)
    return [by_name.get(name.encode()) for name in READ]


# The library takes these objects, whatever its annotations say.
_OLDEST_FIRST: Final[tuple[Any, ...]] = (Asc(f"@{fields.CREATE}"), Asc(f"@{fields.ID}"))
# What is sparse is crossed in longer and longer strides.
_STRIDE_GROWTH: Final = 16
_PAGES_AT_FIRST: Final = 10


@dataclass(frozen=True, slots=True)
class _Window:
    """The times of creation that one query looks at, both ends included; None is no bound."""

    start: int | None
    end: int | None

    @property
    def condition(self) -> conditions.Node:
        """Condition that selects the partition."""
        return conditions.Range(fields.CREATE, self.start, self.end)

    def next(self, span: int) -> "_Window | None":
        """Return the window that follows; None after the last."""
        if self.end is None:
            return None
        return _Window(self.end + 1, _end(self.end + 1, span))


class Walk:
    """Walks over memories in the order of their creation, ties by id.

    One query would sort everything that is left for each page. Here each one looks at a window of
    time that holds about a page, so that the whole walk costs what it passes.
    """

    def __init__(self, index: MemoryIndex) -> None:
        self._index = index

    async def pages(
        self,
        scope: Scope,
        condition: conditions.Node,
        *,
        size: int,
        after: ListingCursor | None = None,
    ) -> AsyncGenerator[Sequence[Memory], None]:
        """Yield the memories behind a position, up to `size` at a time, never none.

        What is stored, changed or deleted meanwhile behind the place that was reached is seen as
        it is when the walk comes there; nothing is seen twice unless its creation time changes.
        """
        window: _Window | None = await self._first(scope, condition, after, _PAGES_AT_FIRST * size)
        span = 1
        while window is not None:
            found, full = await self._page(scope, condition, window, after, size)
            if found:
                yield found
            if full:
                first, after = ListingCursor.of(found[0]), ListingCursor.of(found[-1])
                span = 2 * (after.create_time - first.create_time + 1)
                window = _Window(after.create_time, _end(after.create_time, span))
            else:
                after = None
                span *= _STRIDE_GROWTH if 2 * len(found) < size else 1
                window = window.next(span)

    async def _first(
        self, scope: Scope, condition: conditions.Node, after: ListingCursor | None, limit: int
    ) -> _Window:
        """Find a window that starts where the walk does and holds some memories, not too many.

        Counting is many times cheaper than sorting, so it is looked for by halves.
        """
        start = after.create_time if after else None
        window = _Window(start, None)
        if await self._count(scope, condition, window) <= limit:
            return window
        low, high = start or 0, now_micros()
        while high - low > 1:
            middle = (low + high) // 2
            window = _Window(start, middle)
            held = await self._count(scope, condition, window)
            if 0 < held <= limit:
                return window
            low, high = (low, middle) if held else (middle, high)
        return _Window(start, high)

    async def _count(self, scope: Scope, condition: conditions.Node, window: _Window) -> int:
        selection = scope.select(conditions.every([condition, window.condition]))
        [answer] = await self._index.search(scope.tenant, [CountQuery(str(selection.condition))])
        return answer.total

    async def _page(
        self,
        scope: Scope,
        condition: conditions.Node,
        window: _Window,
        after: ListingCursor | None,
        size: int,
    ) -> tuple[list[Memory], bool]:
        """Read the first memories of a window; true if there may be more in it."""
        selection = scope.select(conditions.every([condition, window.condition]))
        rows = await self._index.rows(scope.tenant, _oldest(selection, size, after))
        found = [memory for row in rows if (memory := memory_of(fields_of(row))) is not None]
        return found, len(rows) == size and bool(found)


def _end(start: int, span: int) -> int | None:
    end = start + span
    # Beyond, the engine does not tell two microseconds apart, and windows would overlap.
    return end if -LARGEST_EXACT < end < LARGEST_EXACT else None


def _oldest(selection: Selection, count: int, after: ListingCursor | None) -> AggregateRequest:
    request = RecordsRequest(str(selection.condition)).dialect(2)
    if after is not None:
        at, last = after.create_time, encode(after.memory_id)
        request.filter(f"@{fields.CREATE} > {at} || @{fields.ID} > '{last}'")
    return request.sort_by(*_OLDEST_FIRST, max=count)
