"""Search with the real model, and few enough depths to reach the last one."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.long_term_memory.domain.memory import draft
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.search.scores import Candidate
from agent_memory_services.long_term_memory.search.search import Search
from agent_memory_services.long_term_memory.search.weights import Weights
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from tests.integration.long_term_memory.conftest import creation

SHALLOW = Weights(depth=5, overfetch=1, growth=2, max_depth=1000)
_SCOPE = Scope("acme")


class Untracked:
    """A recorder of accesses that keeps none."""

    def record(self, tenant: str, memories: Iterable[Memory]) -> None:
        """Keep nothing."""


@dataclass(frozen=True, slots=True)
class Searching:
    """A store with real vectors, and searches in it."""

    store: MemoryStore
    vectorizer: Vectorizer
    search: Search
    scope: Scope = _SCOPE

    async def add(self, *given: Memory) -> list[Memory]:
        """Store memories, equal ones too."""
        records = []
        for each in given:
            record = draft(each, now_micros(), self.vectorizer.model)
            record.id = record.id or new_id()
            records.append(record)
        found = await self.vectorizer.of_memories(records)
        pairs = [(record, made) for record, made in zip(records, found, strict=True) if made]
        changes = [creation(*pair) for pair in pairs]
        await self.store.commit_each(self.scope.tenant, changes, actor="tester", now=now_micros())
        return records

    async def pages(self, query: SearchQuery, size: int) -> list[list[Candidate]]:
        """Every page of a query."""
        found: list[list[Candidate]] = []
        after: bytes | None = None
        while True:
            page = await self.search.page(self.scope, query, size=size, after=after)
            found.append(list(page.hits))
            if page.next is None:
                return found
            after = page.next

    async def texts(self, text: str, **options: object) -> list[str]:
        """The texts of the ten best hits."""
        query = SearchQuery(text=text, **options)  # type: ignore[arg-type]
        page = await self.search.page(self.scope, query, size=10, after=None)
        return [hit.memory.text for hit in page.hits]


@pytest.fixture
async def searching(redis: Redis) -> AsyncIterator[Searching]:
    """Search over an empty store."""
    embedder = await LocalEmbedder.open()
    index = MemoryIndex(redis, 1, VectorIndex(), embedder.fingerprint.dimension)
    await index.create()
    vectorizer = Vectorizer(Space(embedder, VectorIndex()))
    yield searching_in(redis, index, vectorizer)
    await embedder.aclose()


def searching_in(redis: Redis, index: MemoryIndex, vectorizer: Vectorizer) -> Searching:
    """Searches that count nothing as accessed."""
    search = Search(index, vectorizer, Untracked(), SHALLOW)
    return Searching(MemoryStore(redis, 1), vectorizer, search)
