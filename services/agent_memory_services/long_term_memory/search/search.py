"""Search: by a text or, without one, newest first, page by page."""

import hashlib
import struct
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.kit.contract.clock import now_micros, to_micros
from agent_memory_services.kit.contract.cursors import understood
from agent_memory_services.kit.contract.errors import Unimplemented
from agent_memory_services.kit.contract.numbers import is_exact
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.conditions import Node, Range, every, negated
from agent_memory_services.long_term_memory.domain.filters import compile_filter
from agent_memory_services.long_term_memory.domain.matching import visible
from agent_memory_services.long_term_memory.domain.scope import Scope, Selection
from agent_memory_services.long_term_memory.listing import Listing, ListingCursor
from agent_memory_services.long_term_memory.search.cross_encoder import CrossEncoder, Reranking
from agent_memory_services.long_term_memory.search.legs import Pool, pool_of
from agent_memory_services.long_term_memory.search.plan import SearchPlan, plan_of, refuse_unfit
from agent_memory_services.long_term_memory.search.ranking import Ranking
from agent_memory_services.long_term_memory.search.scores import Candidate
from agent_memory_services.long_term_memory.search.temporal.intent import SpokenTime
from agent_memory_services.long_term_memory.search.weights import DEFAULTS, Weights
from agent_memory_services.long_term_memory.store.embeddings.vectors import Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex

_HEAD: Final = struct.Struct(">qIQ")
_DIGEST_BYTES: Final = 5
# Page tokens hold 4096 characters at most, of which four carry three bytes.
_REMEMBERED: Final = 600


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """What earlier pages of a query showed.

    A ranking is no list that an offset could point into: word scores depend on how many memories
    hold a word, so they move whenever anybody stores one. What was shown is therefore remembered,
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

    def following(self, hits: Sequence[Candidate]) -> list[Candidate]:
        """The hits, best first, that were not shown."""
        if not self.shown:
            return list(hits)
        shown = frozenset(self.recent)
        rest = hits[self.shown - len(self.recent) :]
        return [hit for hit in rest if _digest(hit) not in shown]

    def after(self, page: Sequence[Candidate], total: int) -> "SearchCursor":
        """Where the reader stands when a page of so many memories was shown."""
        recent = (*self.recent, *map(_digest, page))[-_REMEMBERED:]
        return SearchCursor(self.asked_at, self.shown + len(page), recent, total)

    def pack(self) -> bytes:
        """The place as the payload of a cursor."""
        return _HEAD.pack(self.asked_at, self.shown, self.total or 0) + b"".join(self.recent)

    @classmethod
    def unpack(cls, payload: bytes) -> "SearchCursor":
        """The place that a cursor carries.

        Raises:
            ValueError: its numbers are none that a place has.
            struct.error: it carries none.
        """
        starts = range(_HEAD.size, len(payload), _DIGEST_BYTES)
        recent = tuple(payload[start : start + _DIGEST_BYTES] for start in starts)
        asked_at, shown, total = _HEAD.unpack_from(payload)
        if asked_at < 0 or not (is_exact(asked_at) and is_exact(total)):
            raise ValueError("out of range")
        return cls(asked_at, shown, recent, total)


def _digest(hit: Candidate) -> bytes:
    return hashlib.blake2b(hit.memory.id.encode(), digest_size=_DIGEST_BYTES).digest()


@dataclass(frozen=True, slots=True)
class TextHits:
    """A page of hits.

    Attributes:
        hits: the hits, best first.
        total: how many memories the filter matches in all.
        more_after: where the next page goes on; None where there is none.
        times: the times that the question speaks of.
    """

    hits: Sequence[Candidate]
    total: int
    more_after: SearchCursor | None
    times: Sequence[SpokenTime]


@dataclass(frozen=True, slots=True)
class _Asking:
    """A query that is being answered.

    Attributes:
        plan: how.
        ranking: the order of what is found.
        selection: among which memories.
        generation: the generation of the index that the question was embedded for.
    """

    plan: SearchPlan
    ranking: Ranking
    selection: Selection
    generation: int


class TextSearch:
    """Answers queries that have a text."""

    def __init__(
        self,
        index: MemoryIndex,
        vectorizer: Vectorizer,
        weights: Weights = DEFAULTS,
        cross_encoder: CrossEncoder | None = None,
    ) -> None:
        self._index = index
        self._vectorizer = vectorizer
        self._weights = weights
        self._cross_encoder = cross_encoder

    async def page(
        self, scope: Scope, query: SearchQuery, *, size: int, after: SearchCursor | None
    ) -> TextHits:
        """The `size` best hits that were not shown before a place, or the best of all.

        Raises:
            InvalidField: the filter nests too deep, or an option does not fit the mode.
            Unimplemented: it is to be ranked once more, and there is no cross-encoder.
            EmbeddingUnavailable: the question could not be embedded.
        """
        place = after or SearchCursor(now_micros())
        condition = condition_of(query, place.asked_at)
        if after is not None:
            condition = every([condition, _stored_by(place.asked_at)])
        asking = await self._asking(scope, query, condition, place.asked_at)
        hits, total = await self._unseen(asking, place, size)
        page, more = hits[:size], len(hits) > size
        return TextHits(page, total, place.after(page, total) if more else None, asking.plan.times)

    async def best(self, scope: Scope, query: SearchQuery, *, limit: int) -> list[Candidate]:
        """The `limit` best hits in one go; raises as `page` does."""
        now = now_micros()
        asking = await self._asking(scope, query, condition_of(query, now), now)
        return (await asking.ranking.hits(await self._pool(asking, limit)))[:limit]

    async def _unseen(
        self, asking: _Asking, place: SearchCursor, size: int
    ) -> tuple[list[Candidate], int]:
        """More than `size` hits that were not shown, if there are so many, and the total."""
        weights, legs, total = self._weights, asking.plan.legs, place.total
        depth = max(weights.depth, weights.overfetch * size, place.shown // max(1, len(legs)))
        before = -1
        while True:
            depth = min(depth, weights.max_depth)
            pool = await self._pool(asking, depth, total)
            total = pool.total
            hits = await asking.ranking.hits(pool)
            unseen = place.following(hits)
            done = len(unseen) > size or len(hits) == before or depth == weights.max_depth
            if done or pool.exhausted(depth):
                return unseen, total
            # Where a deeper reading brought no hit, what lies deeper is too weak to be one.
            before = len(hits)
            depth *= weights.growth

    async def _asking(
        self, scope: Scope, query: SearchQuery, condition: Node, asked_at: int
    ) -> _Asking:
        space = self._vectorizer.current

        async def embed(text: str) -> bytes:
            return await space.of_question(text, "query.text")

        plan = await plan_of(query, self._weights, embed, asked_at)
        ranking = self._ranking(plan, query, asked_at)
        return _Asking(plan, ranking, scope.select(condition), space.generation)

    def _ranking(self, plan: SearchPlan, query: SearchQuery, now: int) -> Ranking:
        if not plan.rerank:
            return Ranking(plan, now)
        if self._cross_encoder is None:
            raise Unimplemented("query.ranking.rerank")
        weights = self._weights
        return Ranking(
            plan,
            now,
            Reranking(self._cross_encoder, query.text, weights.rerank, weights.rerank_depth),
        )

    async def _pool(self, asking: _Asking, depth: int, total: int | None = 0) -> Pool:
        """What the legs find when they are read so deep; counts where the total is not known."""
        legs, selection = asking.plan.legs, asking.selection
        queries = [leg.query(selection, depth) for leg in legs]
        asked = [query for query in queries if query is not None]
        if total is None:
            found, total = await self._index.find(selection, asked, asking.generation)
        else:
            found = await self._index.search(selection.tenant, asked, asking.generation)
        answers = iter(found)
        return pool_of(legs, [query and next(answers) for query in queries], total)


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
    later = [Range(fields.CREATE, low=moment + 1), Range(fields.UPDATE, low=moment + 1)]
    return negated(every(later))


_PER_ANSWER: Final = 100


class Accesses(Protocol):
    """Learns which memories were found."""

    def note(self, tenant: str, memory_ids: Iterable[str]) -> None:
        """Memories of a tenant were found now."""
        ...


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of hits.

    Attributes:
        hits: the hits, best first; of a query without a text, newest first and without a score.
        total: how many memories the filter matches in all.
        more_after: the payload of a cursor to the next page; None where there is none.
        times: the times that the question speaks of.
    """

    hits: Sequence[Candidate]
    total: int
    more_after: bytes | None
    times: Sequence[SpokenTime] = ()


class Search:
    """Answers queries, and notes what they found."""

    def __init__(self, text_search: TextSearch, listing: Listing, accesses: Accesses) -> None:
        self._text_search = text_search
        self._listing = listing
        self._accesses = accesses

    async def page(
        self, scope: Scope, query: SearchQuery, *, size: int, after: bytes | None
    ) -> SearchPage:
        """The `size` hits that follow the payload of a cursor, or the first ones.

        Raises:
            InvalidField: the filter nests too deep, or an option does not fit the mode.
            Unimplemented: it is to be ranked once more, and there is no cross-encoder.
            EmbeddingUnavailable: the question could not be embedded.
        """
        if not query.text.strip():
            refuse_unfit(query)
            position = understood(after, ListingCursor.unpack) if after is not None else None
            return await self._newest(scope, query, size, position)
        place = understood(after, SearchCursor.unpack) if after is not None else None
        found = await self._text_search.page(scope, query, size=size, after=place)
        self._note(scope, query, found.hits)
        more = found.more_after
        return SearchPage(found.hits, found.total, more.pack() if more else None, found.times)

    async def stream(
        self, scope: Scope, query: SearchQuery, *, limit: int
    ) -> AsyncIterator[Sequence[Candidate]]:
        """The `limit` first hits, some at a time; raises as `page` does."""
        if query.text.strip():
            hits = await self._text_search.best(scope, query, limit=limit)
            for start in range(0, len(hits), _PER_ANSWER):
                lot = hits[start : start + _PER_ANSWER]
                self._note(scope, query, lot)
                yield lot
            return
        after: bytes | None = None
        while limit > 0:
            page = await self.page(scope, query, size=min(limit, _PER_ANSWER), after=after)
            yield page.hits
            limit -= len(page.hits)
            after = page.more_after
            if after is None:
                return

    async def _newest(
        self, scope: Scope, query: SearchQuery, size: int, after: ListingCursor | None
    ) -> SearchPage:
        # Nothing was asked, so nothing counts as found.
        condition = condition_of(query, now_micros())
        page = await self._listing.page(scope, condition, size=size, after=after)
        more = page.more_after
        hits = [Candidate(memory) for memory in page.memories]
        return SearchPage(hits, page.total, more.pack() if more else None)

    def _note(self, scope: Scope, query: SearchQuery, hits: Sequence[Candidate]) -> None:
        if not query.untracked:
            self._accesses.note(scope.tenant, [hit.memory.id for hit in hits])
