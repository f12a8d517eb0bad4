"""Search: by a text or, without one, newest first, page by page."""

import hashlib
import struct
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.kit.contract import clock, cursors
from agent_memory_services.kit.contract.numbers import is_exact
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.scope import Scope, Selection
from agent_memory_services.long_term_memory.listing import Listed, Listing, ListingCursor
from agent_memory_services.long_term_memory.search import legs
from agent_memory_services.long_term_memory.search.owned import OwnedSearch
from agent_memory_services.long_term_memory.search.plan import SearchPlan, plan_of, refuse_unfit
from agent_memory_services.long_term_memory.search.ranking import Ordered, Ranking
from agent_memory_services.long_term_memory.search.scores import Candidate
from agent_memory_services.long_term_memory.search.temporal.intent import SpokenTime
from agent_memory_services.long_term_memory.search.weights import DEFAULTS, Weights
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.owners import OwnerColumns

_HEAD: Final = struct.Struct(">qIQ")
_DIGEST_BYTES: Final = 5
# Page tokens hold 4096 characters at most, of which four carry three bytes.
_REMEMBERED: Final = 600


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """Record of what earlier pages of a query showed.

    A ranking is no list that an offset could point into: word scores depend on how many memories
    hold a word, so they move with every write. What was shown is therefore remembered,
    and the next page is the best of what was not. Beyond some hundred hits the first ones are
    remembered by their number alone.

    Attributes:
        asked_at: when the first page was asked for, in microseconds. On every page, recency and
            validity are measured at that moment, and what was stored later takes no part.
        shown: how many hits were shown.
        recent: digests of the ids that were shown last.
        total: how many memories the filter matched on the first page; None before it.
    """

    asked_at: int
    shown: int = 0
    recent: tuple[bytes, ...] = ()
    total: int | None = None

    def following(self, hits: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return the hits, best first, that were not shown."""
        if not self.shown:
            return hits
        shown = frozenset(self.recent)
        start = self.shown - len(self.recent)
        if isinstance(hits, Ordered):
            rest = enumerate(hits.ids[start:], start)
            return hits.at([at for at, memory_id in rest if _digest(memory_id) not in shown])
        return [hit for hit in hits[start:] if _digest(hit.memory.id) not in shown]

    def after(self, page: Sequence[Candidate], total: int) -> "SearchCursor":
        """Return the cursor behind a page, of a query that matches `total` memories."""
        shown = (_digest(hit.memory.id) for hit in page)
        recent = (*self.recent, *shown)[-_REMEMBERED:]
        return SearchCursor(self.asked_at, self.shown + len(page), recent, total)

    def pack(self) -> bytes:
        """Return the payload of a cursor."""
        return _HEAD.pack(self.asked_at, self.shown, self.total or 0) + b"".join(self.recent)

    @classmethod
    def unpack(cls, payload: bytes) -> "SearchCursor":
        """Read the payload of a cursor.

        Raises:
            ValueError: a number is out of range.
            struct.error: the payload is too short.
        """
        starts = range(_HEAD.size, len(payload), _DIGEST_BYTES)
        recent = tuple(payload[start : start + _DIGEST_BYTES] for start in starts)
        asked_at, shown, total = _HEAD.unpack_from(payload)
        if asked_at < 0 or not (is_exact(asked_at) and is_exact(total)):
            raise ValueError("out of range")
        return cls(asked_at, shown, recent, total)


def _digest(memory_id: str) -> bytes:
    return hashlib.blake2b(memory_id.encode(), digest_size=_DIGEST_BYTES).digest()


_PER_ANSWER: Final = 100


class Accesses(Protocol):
    """Recorder of which memories were found."""

    def record(self, tenant: str, memory_ids: Iterable[str]) -> None:
        """Note that memories of a tenant were found now."""
        ...


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits.

    Attributes:
        hits: the hits, best first; of a query without a text, newest first and without a score.
        total: number of memories that the filter matches.
        next: payload of a cursor to the next page; None where there is none.
        times: the times that the question speaks of.
    """

    hits: Sequence[Candidate]
    total: int
    next: bytes | None = None
    times: Sequence[SpokenTime] = ()


_NO_MESSAGE: Final = conditions.negated(
    conditions.Tag(fields.TYPE, (str(MemoryType.MEMORY_TYPE_MESSAGE),))
)


class Search:
    """Answers queries, and notes what they found.

    A query with a text is ranked. One without lists the newest memories; as it asks nothing, what
    it shows does not count as found, and messages are left out unless its filter names types:
    facts say what matters of them.
    """

    def __init__(
        self,
        index: MemoryIndex,
        vectorizer: Vectorizer,
        accesses: Accesses,
        weights: Weights = DEFAULTS,
        owners: OwnerColumns | None = None,
    ) -> None:
        """Search an index and, where owners are kept as columns, within one owner these."""
        self._retriever = legs.Retriever(index)
        self._listing = Listing(index)
        self._vectorizer = vectorizer
        self._accesses = accesses
        self._weights = weights
        self._owned = OwnedSearch(owners) if owners else None

    async def page(
        self, scope: Scope, query: SearchQuery, *, size: int, after: bytes | None
    ) -> Hits:
        """Return the `size` hits that follow the payload of a cursor, or the first ones.

        Raises:
            InvalidField: the filter nests too deep, or an option does not fit the mode.
            Unimplemented: the query asks for a cross-encoder.
            EmbeddingUnavailable: the question could not be embedded.
        """
        if not query.text.strip():
            refuse_unfit(query)
            position = (
                cursors.understood(after, ListingCursor.unpack) if after is not None else None
            )
            return await self._newest(scope, query, size, position)
        cursor = cursors.understood(after, SearchCursor.unpack) if after is not None else None
        page = await self._best(scope, query, size, cursor)
        self._record_accesses(scope, query, page.hits)
        return page

    async def standing(self, scope: Scope, query: SearchQuery, limit: int) -> Sequence[Memory]:
        """Return the `limit` newest standing memories that the filter of a query selects.

        Raises:
            InvalidField: the filter nests too deep.
        """
        stands = conditions.flag(fields.STANDING, value=True)
        condition = conditions.every([_listed(query), stands])
        return (await self._list(scope, condition, limit, None)).memories

    async def stream(
        self, scope: Scope, query: SearchQuery, *, limit: int
    ) -> AsyncIterator[Sequence[Candidate]]:
        """Yield the `limit` first hits, some at a time; raises as `page` does."""
        if query.text.strip():
            hits = await self._first(scope, query, limit)
            for start in range(0, len(hits), _PER_ANSWER):
                part = list(hits[start : start + _PER_ANSWER])
                self._record_accesses(scope, query, part)
                yield part
            return
        after: bytes | None = None
        while limit > 0:
            page = await self.page(scope, query, size=min(limit, _PER_ANSWER), after=after)
            yield page.hits
            limit -= len(page.hits)
            after = page.next
            if after is None:
                return

    async def _newest(
        self, scope: Scope, query: SearchQuery, size: int, after: ListingCursor | None
    ) -> Hits:
        page = await self._list(scope, _listed(query), size, after)
        more = page.more_after
        hits = [Candidate(memory) for memory in page.memories]
        return Hits(hits, page.total, more.pack() if more else None)

    async def _list(
        self, scope: Scope, condition: conditions.Node, size: int, after: ListingCursor | None
    ) -> Listed:
        selection, page = scope.select(condition), None
        if self._owned is not None and conditions.owner_of(selection.condition):
            space = self._vectorizer.current
            page = await self._owned.newest(selection, space, size=size, after=after)
        return page or await self._listing.page(scope, condition, size=size, after=after)

    async def _best(
        self, scope: Scope, query: SearchQuery, size: int, after: SearchCursor | None
    ) -> Hits:
        cursor = after or SearchCursor(clock.now_micros())
        condition = condition_of(query, cursor.asked_at)
        if after is not None:
            condition = conditions.every([condition, _stored_by(cursor.asked_at)])
        space = self._vectorizer.current
        plan = await self._plan(query, cursor.asked_at, space)
        selection = scope.select(condition)
        hits, total = await self._within(selection, plan, space, cursor) or await self._unseen(
            selection, plan, cursor, size
        )
        page = list(hits[:size])
        more = cursor.after(page, total).pack() if len(hits) > size else None
        return Hits(page, total, more, plan.times)

    async def _within(
        self, selection: Selection, plan: SearchPlan, space: Space, cursor: SearchCursor
    ) -> tuple[Sequence[Candidate], int] | None:
        """Return the hits within an owner that were not shown, and the total; None without one."""
        if self._owned is None or not conditions.owner_of(selection.condition):
            return None
        found = await self._owned.ranked(selection, plan, space, cursor.asked_at)
        if found is None:
            return None
        hits, total = found
        return cursor.following(hits), total if cursor.total is None else cursor.total

    async def _first(self, scope: Scope, query: SearchQuery, limit: int) -> Sequence[Candidate]:
        """Return the `limit` best hits of one reading."""
        now = clock.now_micros()
        selection = scope.select(condition_of(query, now))
        space = self._vectorizer.current
        plan = await self._plan(query, now, space)
        if within := await self._within(selection, plan, space, SearchCursor(now)):
            return within[0][:limit]
        return Ranking(plan, now).hits(await self._pool(selection, plan, limit, 0))[:limit]

    async def _unseen(
        self, selection: Selection, plan: SearchPlan, cursor: SearchCursor, size: int
    ) -> tuple[Sequence[Candidate], int]:
        """Return more than `size` hits that were not shown, if there are so many, and the total."""
        weights, total = self._weights, cursor.total
        ranking = Ranking(plan, cursor.asked_at)
        depth = max(weights.depth, weights.overfetch * size, cursor.shown // max(1, len(plan.legs)))
        before = -1
        while True:
            depth = min(depth, weights.max_depth)
            pool = await self._pool(selection, plan, depth, total)
            total = pool.total
            hits = ranking.hits(pool)
            unseen = cursor.following(hits)
            done = len(unseen) > size or len(hits) == before or depth == weights.max_depth
            if done or pool.exhausted(depth):
                return unseen, total
            # Where a deeper reading brought no hit, what lies deeper is too weak to be one.
            before = len(hits)
            depth *= weights.growth

    async def _pool(
        self, selection: Selection, plan: SearchPlan, depth: int, total: int | None
    ) -> legs.Pool:
        return await self._retriever.find(
            selection, plan.legs, depth, generation=plan.generation, total=total
        )

    async def _plan(self, query: SearchQuery, asked_at: int, space: Space) -> SearchPlan:
        async def embed(text: str) -> bytes:
            return await space.of_question(text, "query.text")

        return await plan_of(query, self._weights, embed, asked_at, space.generation)

    def _record_accesses(self, scope: Scope, query: SearchQuery, hits: Sequence[Candidate]) -> None:
        if not query.untracked:
            self._accesses.record(scope.tenant, [hit.memory.id for hit in hits])


def condition_of(query: SearchQuery, now: int) -> conditions.Node:
    """Return the condition of a query, whatever its text; `now` is in microseconds.

    Raises:
        InvalidField: the filter nests too deep.
    """
    at = clock.to_micros(query.as_of) if query.HasField("as_of") else now
    given = conditions.compile_filter(query.filter, "query.filter")
    return conditions.every([given, conditions.visible(at, superseded=query.include_superseded)])


def _listed(query: SearchQuery) -> conditions.Node:
    """Return the condition of a query without a text."""
    condition = condition_of(query, clock.now_micros())
    return condition if _names_types(query.filter) else conditions.every([condition, _NO_MESSAGE])


def _names_types(given: MemoryFilter) -> bool:
    """Return true if a filter has a condition on the type, at any depth."""
    nested = (*given.any_of, *given.none_of)
    return given.HasField("type") or any(map(_names_types, nested))


def _stored_by(moment: int) -> conditions.Node:
    """Return the condition of not being stored after a moment.

    The record's creation time alone cannot tell: callers set it on import, and clocks differ.
    """
    later = [
        conditions.Range(fields.CREATE, low=moment + 1),
        conditions.Range(fields.UPDATE, low=moment + 1),
    ]
    return conditions.negated(conditions.every(later))
