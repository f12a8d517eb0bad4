"""Vectors of half precision in the real engine."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import SearchMode
from agent_memory_services.long_term_memory.domain.fields import VECTOR
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from tests.integration.long_term_memory.search.conftest import Searching, searching_in

HALF = VectorIndex(precision="float16")


@pytest.fixture
async def halved(redis: Redis) -> AsyncIterator[Searching]:
    """Search over an empty store that keeps halves."""
    embedder = await LocalEmbedder.open()
    index = MemoryIndex(redis, 1, HALF, embedder.fingerprint.dimension)
    await index.create()
    vectorizer = Vectorizer(Space(embedder, HALF))
    yield searching_in(redis, index, vectorizer)
    await embedder.aclose()


async def test_halves_find_what_is_near(redis: Redis, halved: Searching) -> None:
    """A vector takes two bytes a number, and the nearest memory is found by it."""
    [tea, _] = await halved.add(Memory(text="She likes tea"), Memory(text="The car is red"))
    key = halved.store.shard("acme").memory("acme", tea.id)
    assert await redis.hstrlen(key, VECTOR) == 2 * 384
    found = await halved.texts("What does she drink?", mode=SearchMode.SEARCH_MODE_SEMANTIC)
    assert found == ["She likes tea", "The car is red"]
