"""What a query with a text finds, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.long_term_memory.embeddings.vectors import Vectorizer
from agent_memory_services.long_term_memory.filtering.expression import Node, Range, every, negated
from agent_memory_services.long_term_memory.filtering.filters import compile_filter
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.index.index import MemoryIndex
from agent_memory_services.long_term_memory.scope import Scope, Selection
from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.cross_encoder import CrossEncoder, Reranking
from agent_memory_services.long_term_memory.search.places import Place
from agent_memory_services.long_term_memory.search.plan import Plan, plan_of
from agent_memory_services.long_term_memory.search.pool import Pool, pool_of
from agent_memory_services.long_term_memory.search.ranking import Ranking
from agent_memory_services.long_term_memory.search.temporal.intent import SpokenTime
from agent_memory_services.long_term_memory.search.weights import DEFAULTS, Weights
from agent_memory_services.long_term_memory.visibility import visible
from agent_memory_services.runtime.clock import now_micros, to_micros
from agent_memory_services.runtime.errors import Unimplemented


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits.

    Attributes:
        hits: the hits, best first.
        total: how many memories the filter matches in all.
        more_after: where the next page goes on; None where there is none.
        times: the times that the question speaks of.
    """

    hits: Sequence[Candidate]
    total: int
    more_after: Place | None
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

    plan: Plan
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
        self, scope: Scope, query: SearchQuery, *, size: int, after: Place | None
    ) -> Found:
        """The `size` best hits that were not shown before a place, or the best of all.

        Raises:
            InvalidField: the filter nests too deep, or an option does not fit the mode.
            Unimplemented: it is to be ranked once more, and there is no cross-encoder.
            EmbeddingUnavailable: the question could not be embedded.
        """
        place = after or Place(now_micros())
        condition = condition_of(query, place.asked_at)
        if after is not None:
            condition = every([condition, _stored_by(place.asked_at)])
        asking = await self._asking(scope, query, condition, place.asked_at)
        hits, total = await self._unseen(asking, place, size)
        page, more = hits[:size], len(hits) > size
        return Found(page, total, place.after(page, total) if more else None, asking.plan.times)

    async def best(self, scope: Scope, query: SearchQuery, *, limit: int) -> list[Candidate]:
        """The `limit` best hits in one go; raises as `page` does."""
        now = now_micros()
        asking = await self._asking(scope, query, condition_of(query, now), now)
        return (await asking.ranking.hits(await self._pool(asking, limit)))[:limit]

    async def _unseen(
        self, asking: _Asking, place: Place, size: int
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

    def _ranking(self, plan: Plan, query: SearchQuery, now: int) -> Ranking:
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
    later = [Range(schema.CREATE, low=moment + 1), Range(schema.UPDATE, low=moment + 1)]
    return negated(every(later))
