"""Merges and ends that consolidation made, taken back: all is what it was, to the last field."""

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.history.revert import Reversal, Reverter
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.revisions import RevisionLog
from tests.integration.long_term_memory.consolidation.conftest import SCOPE, VECTORS, World, world

MERGED, SUPERSEDED = ltm.CREATE_OUTCOME_MERGED, ltm.CREATE_OUTCOME_SUPERSEDED
OF_THE_WRITE = (fields.ETAG, fields.UPDATE, fields.ROW)
"""Fields that every write of a record changes."""


async def kept(redis: Redis, made: World, memory_id: str) -> tuple[Memory, dict[str, bytes]]:
    """A memory and what its index holds of it, but for what tells of the write alone."""
    key = made.store.shard(SCOPE.tenant).memory(SCOPE.tenant, memory_id)
    found = (await redis.hgetall(key)).items()
    held = {
        name.decode(): value
        for name, value in found
        if isinstance(name, bytes) and isinstance(value, bytes)
    }
    record = Memory.FromString(held.pop(fields.RECORD))
    record.ClearField("etag")
    record.ClearField("update_time")
    # Both sides of what is not decided any more are marked.
    del record.conflicts_with[:]
    return record, {name: value for name, value in held.items() if name not in OF_THE_WRITE}


@pytest.mark.parametrize(
    ("older", "newer", "outcome"),
    [
        ("User likes coffee", "User enjoys coffee", MERGED),
        ("User has three cats", "User has 3 cats", MERGED),
        ("User is married to Max", "User's husband is Max", MERGED),
        ("User lives in Berlin", "User moved to Munich", SUPERSEDED),
        ("User owns a Vespa", "User sold the Vespa", SUPERSEDED),
        ("User is allergic to nuts", "User is not allergic to nuts after all", SUPERSEDED),
        ("User has a flight on 3 May 2027", "User's flight was moved to 5 May 2027", SUPERSEDED),
        ("User weighs 80 kg", "User weighs 77 kg", SUPERSEDED),
        ("User wants answers in French", "User wants answers in English", SUPERSEDED),
        ("User keeps the boat in the barn", "User's boat is under a tarp", SUPERSEDED),
        ("User was born in 1951", "User's year of birth is 1951", MERGED),
    ],
)
async def test_what_consolidation_did_is_undone_without_a_trace(
    redis: Redis, embedder: LocalEmbedder, older: str, newer: str, outcome: int
) -> None:
    """Records, claims and what finds them; only etag and time of the write are others."""
    made = world(redis, embedder)
    await made.index.create()
    [first] = await made.create(
        Memory(text=older, topics=["kept"], create_time=to_timestamp(1_700_000_000_000_000))
    )
    assert first.memory is not None
    memory_id = first.memory.id
    before = await kept(redis, made, memory_id)
    [second] = await made.create(
        Memory(text=newer, create_time=to_timestamp(1_750_000_000_000_000))
    )
    assert second.outcome == outcome
    assert await kept(redis, made, memory_id) != before
    reverter = Reverter(made.store, RevisionLog(redis, 1), Vectorizer(Space(embedder, VECTORS)))
    await reverter.revert(SCOPE, Reversal(memory_id, actor="tests"))
    assert await kept(redis, made, memory_id) == before
