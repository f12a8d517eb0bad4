"""What a query with a text finds, page by page."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from redisvl.query import CountQuery

from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.long_term_memory import schema
from agent_memory_services.long_term_memory.expression import Node, Range, every, negated
from agent_memory_services.long_term_memory.filters import compile_filter
from agent_memory_services.long_term_memory.index import MemoryIndex
from agent_memory_services.long_term_memory.scope import Scope, Selection
from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.plan import Plan, plan_of
from agent_memory_services.long_term_memory.search.pool import Pool, pool_of
from agent_memory_services.long_term_memory.search.ranking import Ranking
from agent_memory_services.long_term_memory.search.weights import DEFAULTS, Weights
from agent_memory_services.long_term_memory.search.windows import Windows
from agent_memory_services.long_term_memory.vectors import Vectorizer
from agent_memory_services.long_term_memory.visibility import visible
from agent_memory_services.runtime.clock import now_micros, to_micros

_FORM: Final = struct.Struct(">qII")


@dataclass(frozen=True, slots=True)
class Rank:
    """A place in the ranking of a query.

    Attributes:
        asked_at: when the first page was asked for, in microseconds. On every page, recency and
            validity are measured at that moment, and what was stored later takes no part.
        offset: how many hits come before.
        window: how deep the first page read its legs.
    """

    asked_at: int
    offset: int
    window: int

    def pack(self) -> bytes:
        """The place as the payload of a cursor."""
        return _FORM.pack(self.asked_at, self.offset, self.window)

    @classmethod
    def unpack(cls, payload: bytes) -> "Rank":
        """The place that a cursor carries."""
        return cls(*_FORM.unpack(payload))


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits.

    Attributes:
        hits: the hits, best first.
        total: how many memories the filter matches in all.
        more_after: where the next page goes on; None where there is none.
    """

    hits: Sequence[Candidate]
    total: int
    more_after: Rank | None


class TextSearch:
    """Answers queries that have a text."""

    def __init__(
        self, index: MemoryIndex, vectorizer: Vectorizer, weights: Weights = DEFAULTS
    ) -> None:
        self._index = index
        self._vectorizer = vectorizer
        self._weights = weights

    async def page(
        self, scope: Scope, query: SearchQuery, *, size: int, after: Rank | None
    ) -> Found:
        """The `size` hits that follow a place, or the best.

        Raises:
            InvalidField: the filter nests too deep, or an option does not fit the mode.
            Unimplemented: an option asks for what this build does not rank by.
            EmbeddingUnavailable: the question could not be embedded.
        """
        weights = self._weights
        window = max(weights.depth, weights.overfetch * size)
        start = after or Rank(now_micros(), 0, window)
        condition = condition_of(query, start.asked_at)
        if after is not None:
            condition = every([condition, _stored_by(start.asked_at)])
        windows = Windows(start.window, weights.growth, weights.max_depth)
        end = start.offset + size
        hits, total = await self._hits(scope.select(condition), query, windows, start, end)
        more = Rank(start.asked_at, end, start.window) if len(hits) > end else None
        return Found(hits[start.offset : end], total, more)

    async def best(self, scope: Scope, query: SearchQuery, *, limit: int) -> list[Candidate]:
        """The `limit` best hits in one go; raises as `page` does."""
        now = now_micros()
        plan = await self._plan(query)
        pool = await self._pool(plan, scope.select(condition_of(query, now)), limit)
        [hits] = Ranking(plan, now).order(pool, [limit])
        return hits[:limit]

    async def _hits(
        self, selection: Selection, query: SearchQuery, windows: Windows, start: Rank, end: int
    ) -> tuple[list[Candidate], int]:
        """The ranking down to at least one hit past `end`, if there are so many, and the total."""
        plan = await self._plan(query)
        ranking = Ranking(plan, start.asked_at)
        depth = windows.reaching(start.offset // max(1, len(plan.legs)))
        while True:
            pool = await self._pool(plan, selection, depth)
            ordered = ranking.order(pool, windows.up_to(depth))
            hits = list(chain.from_iterable(ordered))
            enough = len(hits) > end or not ordered[-1]
            if enough or pool.exhausted(depth) or depth == windows.last:
                return hits, pool.total
            depth = windows.after(depth)

    async def _plan(self, query: SearchQuery) -> Plan:
        async def embed(text: str) -> bytes:
            return await self._vectorizer.of_question(text, "query.text")

        return await plan_of(query, self._weights, embed)

    async def _pool(self, plan: Plan, selection: Selection, depth: int) -> Pool:
        count = CountQuery(str(selection.condition))
        queries = [*(leg.query(selection, depth) for leg in plan.legs), count]
        *results, counted = await self._index.search(selection.tenant, queries)
        return pool_of(plan.legs, results, counted.total)


def condition_of(query: SearchQuery, now: int) -> Node:
    """What memories must meet, whatever the text says; `now` is in microseconds.

    Raises:
        InvalidField: the filter nests too deep.
    """
    at = to_micros(query.as_of) if query.HasField("as_of") else now
    given = compile_filter(query.filter, "query.filter")
    return every([given, visible(at, superseded=query.include_superseded)])


def _stored_by(moment: int) -> Node:
    """Not stored after a moment.

    The record's creation time alone cannot tell: callers set it on import, and clocks differ.
    """
    later = [Range(schema.CREATE, low=moment + 1), Range(schema.UPDATE, low=moment + 1)]
    return negated(every(later))
