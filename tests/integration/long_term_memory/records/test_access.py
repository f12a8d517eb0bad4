"""Accesses are noted in the background, once per interval, and never at a reader's cost."""

import asyncio

from google.protobuf.duration_pb2 import Duration
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.columns import Table
from agent_memory_services.long_term_memory.store.access import INTERVAL, AccessTracker
from agent_memory_services.long_term_memory.store.documents import RANKED, entry_of
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from tests.integration.long_term_memory.conftest import (
    SHARDS,
    Inserting,
    Writing,
    deletion,
    memory,
)
from tests.support.raw import raw


async def counts(store: MemoryStore, *records: Memory) -> list[int]:
    """How often each memory was found; -1 for one that is gone."""
    found = await store.get("acme", [record.id for record in records])
    return [-1 if each is None else each.access_count for each in found]


async def test_everything_noted_is_written_at_the_end(
    store: MemoryStore, insert: Inserting
) -> None:
    """Leaving the block waits for what is still to be written; repeats count once."""
    records = [memory(f"{at}") for at in range(10)]
    await insert(*records)
    tracker = AccessTracker(store)
    async with tracker.running():
        for _ in range(3):
            tracker.record("acme", records)
    assert await counts(store, *records) == [1] * 10


async def test_processes_agree_on_the_interval(store: MemoryStore, insert: Inserting) -> None:
    """A memory that two processes found within the interval counts once."""
    record = memory()
    await insert(record)
    for _ in range(2):
        tracker = AccessTracker(store)
        async with tracker.running():
            tracker.record("acme", [record])
    assert await counts(store, record) == [1]


async def test_a_deleted_memory_stays_deleted(
    redis: Redis, store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """A memory that went between being found and being noted does not come back."""
    gone, there = memory("gone"), memory("there")
    await insert(gone, there)
    tracker = AccessTracker(store)
    tracker.record("acme", [gone, there])
    await write(deletion(gone))
    async with tracker.running():
        pass
    assert await counts(store, gone, there) == [-1, 1]
    assert not await redis.exists(store.shard("acme").memory("acme", gone.id))


async def test_a_full_queue_drops_and_goes_on(store: MemoryStore, insert: Inserting) -> None:
    """More accesses than there is room for are dropped, and noting them never fails."""
    records = [memory(f"{at}") for at in range(5)]
    await insert(*records)
    tracker = AccessTracker(store, capacity=2)
    tracker.record("acme", records)
    async with tracker.running():
        pass
    assert await counts(store, *records) == [1, 1, 0, 0, 0]


async def test_a_store_that_is_away_costs_accesses_alone(
    store: MemoryStore, insert: Inserting, unused_tcp_port: int
) -> None:
    """What cannot be written is lost without an error, and later accesses are written."""
    record = memory()
    await insert(record)
    async with connect(f"redis://127.0.0.1:{unused_tcp_port}") as away:
        tracker = AccessTracker(MemoryStore(away, SHARDS))
        async with asyncio.timeout(120), tracker.running():
            tracker.record("acme", [record])
    assert await counts(store, record) == [0]


async def test_what_reads_keep_is_kept_from_the_last_of_them(
    redis: Redis, store: MemoryStore, insert: Inserting
) -> None:
    """Twenty times in its time at the most; its record and its etag stay as they are."""
    ttl = 60_000_000
    kept, other = memory("kept", sliding_ttl=Duration(seconds=60)), memory("other")
    await insert(kept, other)
    start = to_micros(kept.expire_time) - ttl
    for found_at, ends in ((40, 100), (41, 100), (50, 110)):
        now, expected = start + found_at * 1_000_000, ends * 1_000_000
        await store.touch("acme", [kept.id, other.id], now=now, interval=INTERVAL)
        found, beside = await store.get("acme", [kept.id, other.id])
        assert found is not None
        assert beside is not None
        assert to_micros(found.expire_time) - start == expected
        assert found.etag == kept.etag
        assert not beside.HasField("expire_time")
        key = store.shard("acme").memory("acme", kept.id)
        assert int(await redis.hget(key, "expire") or 0) - start == expected


async def test_a_search_of_an_owner_knows_until_when_a_memory_is_kept(
    redis: Redis, store: MemoryStore, insert: Inserting
) -> None:
    """Its row ends when the index says so, and not when it was made."""
    kept = memory("kept", user_id="alice", sliding_ttl=Duration(seconds=60))
    await insert(kept)
    now = to_micros(kept.expire_time)
    await store.touch("acme", [kept.id], now=now, interval=INTERVAL)
    key = store.shard("acme").memory("acme", kept.id)
    entry = entry_of(await raw(redis).hmget(key, RANKED))
    assert entry is not None
    table = Table.of([entry])
    assert table.heads[fields.EXPIRE].tolist() == [now + 60_000_000]
    assert to_micros(table.memory(0).expire_time) == now + 60_000_000
