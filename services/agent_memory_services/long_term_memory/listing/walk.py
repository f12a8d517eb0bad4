"""Going over everything that a condition selects, oldest first, a bounded piece at a time."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.commands.search.aggregation import AggregateRequest, Asc
from redisvl.query import CountQuery

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.filtering.expression import Node, Range, every
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.index.index import MemoryIndex
from agent_memory_services.long_term_memory.listing.listing import (
    Position,
    RecordsRequest,
    fields_of,
)
from agent_memory_services.long_term_memory.records.documents import memory_of
from agent_memory_services.long_term_memory.scope import Scope, Selection
from agent_memory_services.runtime.clock import now_micros
from agent_memory_services.runtime.keys import encode
from agent_memory_services.runtime.numbers import LARGEST_EXACT

# The library takes these objects, whatever its annotations say.
_OLDEST_FIRST: Final[tuple[Any, ...]] = (Asc(f"@{schema.CREATE}"), Asc(f"@{schema.ID}"))
# What is sparse is crossed in longer and longer strides.
_STRIDE_GROWTH: Final = 16
_PAGES_AT_FIRST: Final = 10


@dataclass(frozen=True, slots=True)
class _Window:
    """The times of creation that one query looks at, both ends included; None is no bound."""

    start: int | None
    end: int | None

    @property
    def condition(self) -> Node:
        """What it holds."""
        return Range(schema.CREATE, self.start, self.end)

    def next(self, span: int) -> "_Window | None":
        """The window that follows; None after the last."""
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
        self, scope: Scope, condition: Node, *, size: int, after: Position | None = None
    ) -> AsyncIterator[Sequence[Memory]]:
        """The memories behind a position, up to `size` at a time, never none.

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
                first, after = Position.of(found[0]), Position.of(found[-1])
                span = 2 * (after.create_time - first.create_time + 1)
                window = _Window(after.create_time, _end(after.create_time, span))
            else:
                after = None
                span *= _STRIDE_GROWTH if 2 * len(found) < size else 1
                window = window.next(span)

    async def _first(
        self, scope: Scope, condition: Node, after: Position | None, limit: int
    ) -> _Window:
        """A window that starts where the walk does and holds some memories, but not too many.

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

    async def _count(self, scope: Scope, condition: Node, window: _Window) -> int:
        selection = scope.select(every([condition, window.condition]))
        [answer] = await self._index.search(scope.tenant, [CountQuery(str(selection.condition))])
        return answer.total

    async def _page(
        self, scope: Scope, condition: Node, window: _Window, after: Position | None, size: int
    ) -> tuple[list[Memory], bool]:
        """The first memories of a window, and whether there may be more in it."""
        selection = scope.select(every([condition, window.condition]))
        rows = await self._index.rows(scope.tenant, _oldest(selection, size, after))
        found = [memory for row in rows if (memory := memory_of(fields_of(row))) is not None]
        return found, len(rows) == size and bool(found)


def _end(start: int, span: int) -> int | None:
    end = start + span
    # Beyond, the engine does not tell two microseconds apart, and windows would overlap.
    return end if -LARGEST_EXACT < end < LARGEST_EXACT else None


def _oldest(selection: Selection, count: int, after: Position | None) -> AggregateRequest:
    request = RecordsRequest(str(selection.condition)).dialect(2)
    if after is not None:
        at, last = after.create_time, encode(after.memory_id)
        request.filter(f"@{schema.CREATE} > {at} || @{schema.ID} > '{last}'")
    return request.sort_by(*_OLDEST_FIRST, max=count)
