"""A store and an index over it, with vectors of four numbers that tests choose themselves."""

from dataclasses import dataclass

import numpy as np
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.documents import MemoryVectors
from agent_memory_services.long_term_memory.index import MemoryIndex
from agent_memory_services.long_term_memory.intake import draft
from agent_memory_services.long_term_memory.schema import VectorIndex
from agent_memory_services.long_term_memory.store import MemoryStore, Written
from agent_memory_services.runtime.clock import now_micros
from agent_memory_services.runtime.ids import new_id

SHARDS = 2
DIMENSION = 4


@pytest.fixture
async def index(redis: Redis) -> MemoryIndex:
    """The indexes of all shards, empty."""
    index = MemoryIndex(redis, SHARDS, VectorIndex(algorithm="flat"), DIMENSION)
    await index.create()
    return index


@pytest.fixture
def store(redis: Redis, index: MemoryIndex) -> MemoryStore:  # noqa: ARG001 - it follows writes
    """The store that the indexes follow."""
    return MemoryStore(redis, SHARDS)


def vectors(*numbers: float) -> MemoryVectors:
    """A vector that starts with these numbers, the same for text and context."""
    padded = (*(numbers or (1,)), 0, 0, 0)[:DIMENSION]
    data = np.array(padded, dtype=np.float32).tobytes()
    return MemoryVectors(data, data)


def memory(text: str = "likes tea", **fields: object) -> Memory:
    """A memory that is ready to be stored."""
    given = Memory(text=text, **fields)  # type: ignore[arg-type]
    given.id = given.id or new_id()
    return draft(given, now_micros(), "model")


@dataclass(frozen=True, slots=True)
class Inserting:
    """Stores memories of one tenant, one call each time."""

    store: MemoryStore
    tenant: str = "acme"

    async def __call__(
        self, *memories: Memory, deduplicate: bool = False
    ) -> list[Written | Exception]:
        return await self.store.insert(
            self.tenant,
            [(each, vectors()) for each in memories],
            deduplicate=deduplicate,
            now=now_micros(),
        )


@pytest.fixture
def insert(store: MemoryStore) -> Inserting:
    """Storing for the tenant `acme`, without deduplication unless asked for."""
    return Inserting(store)
