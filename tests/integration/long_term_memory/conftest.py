"""A store and an index over it, with vectors of four numbers that tests choose themselves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.long_term_memory.domain.memory import (
    Change,
    MemoryVectors,
    draft,
    normalise,
)
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from agent_memory_services.long_term_memory.store.memories import Commit, MemoryStore

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


def creation(
    record: Memory, made: MemoryVectors | None = None, *, unique: bool = False, reverts: str = ""
) -> Change:
    """The change that stores a memory."""
    return Change(
        None, record, ltm.REVISION_CAUSE_CREATE, made or vectors(), unique=unique, reverts=reverts
    )


def update(before: Memory, after: Memory, *, keep_vectors: bool = True, **fields: Any) -> Change:
    """The change that a caller makes."""
    made = None if keep_vectors else vectors(0, 1)
    return Change(before, after, ltm.REVISION_CAUSE_UPDATE, made, **fields)


def deletion(before: Memory) -> Change:
    """The change that deletes a memory."""
    return Change(before, None, ltm.REVISION_CAUSE_DELETE)


def merge(merged: Memory, *originals: Memory) -> list[Change]:
    """One record in the place of several, which stay hidden."""
    cause, ids = ltm.REVISION_CAUSE_MERGE, tuple(each.id for each in originals)
    hidden = [
        Change(each, changed(each, merged_into=merged.id), cause, related=(merged.id,))
        for each in originals
    ]
    return [Change(None, merged, cause, vectors(), "near duplicates", ids), *hidden]


def changed(before: Memory, **fields: object) -> Memory:
    """A copy with other fields, as a write would leave it."""
    after = Memory()
    after.CopyFrom(before)
    after.MergeFrom(Memory(**fields))  # type: ignore[arg-type]
    normalise(after, now_micros())
    return after


@dataclass(frozen=True, slots=True)
class Writing:
    """Makes changes of one tenant's memories, one call each time."""

    store: MemoryStore
    tenant: str = "acme"

    async def __call__(self, *changes: Change) -> str:
        """Make them all, or none; answers what became of them."""
        return (await self.commit(*changes)).outcome.value

    async def commit(self, *changes: Change) -> Commit:
        """The same, with what was in the way."""
        return await self.store.commit(self.tenant, changes, actor="tester", now=now_micros())


@pytest.fixture
def write(store: MemoryStore) -> Writing:
    """Changing the memories of the tenant `acme`."""
    return Writing(store)


@dataclass(frozen=True, slots=True)
class Inserting:
    """Stores memories of one tenant, one call each time."""

    store: MemoryStore
    tenant: str = "acme"

    async def __call__(self, *memories: Memory, deduplicate: bool = False) -> list[Any]:
        """Store them, each for itself; answers the commits, or what they failed with."""
        return await self.store.commit_each(
            self.tenant,
            [creation(each, unique=deduplicate) for each in memories],
            actor="tester",
            now=now_micros(),
        )


@pytest.fixture
def insert(store: MemoryStore) -> Inserting:
    """Storing for the tenant `acme`, without deduplication unless asked for."""
    return Inserting(store)
