"""The parts that store and consolidate, wired as the process wires them, with the real model."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction, Report
from agent_memory_services.long_term_memory.consolidation.consolidator import Consolidator
from agent_memory_services.long_term_memory.consolidation.judge import Judge
from agent_memory_services.long_term_memory.consolidation.neighbours import Neighbourhood
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.memories.creating import Creating, Creation
from agent_memory_services.long_term_memory.store.embeddings.base import Embedder
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from agent_memory_services.long_term_memory.store.memories import DirtySets, MemoryStore
from agent_memory_services.long_term_memory.store.owners import OwnerColumns

SCOPE = Scope("acme")
VECTORS = VectorIndex(algorithm="flat")
CONSOLIDATE = ltm.DEDUPLICATION_POLICY_CONSOLIDATE


@dataclass(frozen=True, slots=True)
class World:
    """One process's parts over a store."""

    index: MemoryIndex
    store: MemoryStore
    dirty: DirtySets
    compaction: Compaction
    creating: Creating

    async def create(
        self,
        *memories: Memory,
        policy: ltm.DeduplicationPolicy.ValueType = CONSOLIDATE,
        request_id: str = "",
    ) -> Sequence[Creation]:
        """Create memories for the tenant."""
        return await self.creating.create(
            SCOPE, memories, policy, request_id=request_id, actor="tests"
        )

    async def compact(self) -> Report:
        """Consolidate what changed."""

        async def always() -> bool:
            return True

        return await self.compaction.run(SCOPE, MemoryFilter(), actor="tests", may_continue=always)


def world(
    client: Redis, embedder: Embedder, judge: Judge | None = None, vectors: VectorIndex = VECTORS
) -> World:
    """The parts over a client and an embedder."""
    index = MemoryIndex(client, 1, vectors, embedder.fingerprint.dimension)
    store, dirty = MemoryStore(client, 1), DirtySets(client, 1)
    vectorizer, owners = (
        Vectorizer(Space(embedder, vectors)),
        OwnerColumns(client, index, 1, 1 << 26),
    )
    consolidator = Consolidator(
        store,
        Neighbourhood(index, owners, vectorizer),
        judge,
        precision=lambda: vectors.precision,
    )
    compaction = Compaction(store, index, dirty, consolidator)
    creating = Creating(store, vectorizer, compaction, CONSOLIDATE)
    return World(index, store, dirty, compaction, creating)


@pytest.fixture
async def embedder() -> AsyncIterator[LocalEmbedder]:
    """The real model."""
    embedder = await LocalEmbedder.open()
    yield embedder
    await embedder.aclose()
