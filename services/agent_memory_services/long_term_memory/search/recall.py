"""What a query finds, with and without a text."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.long_term_memory.listing.listing import Listing, Position
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.places import Place
from agent_memory_services.long_term_memory.search.plan import refuse_unfit
from agent_memory_services.long_term_memory.search.temporal.intent import SpokenTime
from agent_memory_services.long_term_memory.search.text_search import TextSearch, condition_of
from agent_memory_services.runtime.clock import now_micros
from agent_memory_services.runtime.cursors import understood

_PER_ANSWER: Final = 100


class Accesses(Protocol):
    """Learns which memories were found."""

    def note(self, tenant: str, memory_ids: Iterable[str]) -> None:
        """Memories of a tenant were found now."""
        ...


@dataclass(frozen=True, slots=True)
class RecallPage:
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


class Recall:
    """Answers queries, and notes what they found."""

    def __init__(self, text_search: TextSearch, listing: Listing, accesses: Accesses) -> None:
        self._text_search = text_search
        self._listing = listing
        self._accesses = accesses

    async def page(
        self, scope: Scope, query: SearchQuery, *, size: int, after: bytes | None
    ) -> RecallPage:
        """The `size` hits that follow the payload of a cursor, or the first ones.

        Raises:
            InvalidField: the filter nests too deep, or an option does not fit the mode.
            Unimplemented: it is to be ranked once more, and there is no cross-encoder.
            EmbeddingUnavailable: the question could not be embedded.
        """
        if not query.text.strip():
            refuse_unfit(query)
            position = understood(after, Position.unpack) if after is not None else None
            return await self._newest(scope, query, size, position)
        place = understood(after, Place.unpack) if after is not None else None
        found = await self._text_search.page(scope, query, size=size, after=place)
        self._note(scope, query, found.hits)
        more = found.more_after
        return RecallPage(found.hits, found.total, more.pack() if more else None, found.times)

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
        self, scope: Scope, query: SearchQuery, size: int, after: Position | None
    ) -> RecallPage:
        # Nothing was asked, so nothing counts as found.
        condition = condition_of(query, now_micros())
        page = await self._listing.page(scope, condition, size=size, after=after)
        more = page.more_after
        hits = [Candidate(memory) for memory in page.memories]
        return RecallPage(hits, page.total, more.pack() if more else None)

    def _note(self, scope: Scope, query: SearchQuery, hits: Sequence[Candidate]) -> None:
        if not query.untracked:
            self._accesses.note(scope.tenant, [hit.memory.id for hit in hits])
