"""Writes by id: atomic, idempotent, and never a ghost."""

import asyncio

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.documents import document
from agent_memory_services.long_term_memory.expression import ALWAYS
from agent_memory_services.long_term_memory.index import MemoryIndex
from agent_memory_services.long_term_memory.intake import settle
from agent_memory_services.long_term_memory.listing import Listing
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.long_term_memory.store import MemoryStore, WriteOutcome, Written
from agent_memory_services.runtime.clock import now_micros, to_timestamp
from tests.integration.long_term_memory.conftest import Inserting, memory, vectors

T = "acme"


def outcomes(results: list[Written | Exception]) -> list[str]:
    """What became of each write, none of which failed."""
    assert all(isinstance(result, Written) for result in results), results
    return [result.outcome.value for result in results]


def changed(before: Memory, **fields: object) -> Memory:
    """A copy with other fields, as a write would leave it."""
    after = Memory()
    after.CopyFrom(before)
    after.MergeFrom(Memory(**fields))
    settle(after, now_micros())
    return after


async def test_a_stored_memory_comes_back_whole(store: MemoryStore, insert: Inserting) -> None:
    """What was stored is what is read, access count included."""
    record = memory(topics=["a,b", "c"], user_id="u", pinned=True)
    assert outcomes(await insert(record)) == ["created"]
    assert await store.get(T, [record.id, "other"]) == [record, None]


async def test_the_same_id_and_content_is_the_same_memory(insert: Inserting) -> None:
    """Repeating a write finds the first one; other content or another owner is refused."""
    record = memory(user_id="alice")
    await insert(record)
    again, other_text, other_owner = (
        memory(user_id="alice", id=record.id),
        memory("likes coffee", user_id="alice", id=record.id),
        memory(user_id="bob", id=record.id),
    )
    results = await insert(again, other_text, other_owner)
    assert outcomes(results) == ["same", "taken", "taken"]
    assert results[0].other == record


async def test_an_id_belongs_to_its_tenant(store: MemoryStore, insert: Inserting) -> None:
    """Two tenants use one id for different memories."""
    await insert(memory(id="one"))
    await store.insert(
        "other", [(memory("likes coffee", id="one"), vectors())], deduplicate=True, now=now_micros()
    )
    [mine], [theirs] = await store.get(T, ["one"]), await store.get("other", ["one"])
    assert (mine.text, theirs.text) == ("likes tea", "likes coffee")


async def test_equal_content_is_found_within_owner_namespace_and_type(insert: Inserting) -> None:
    """Exact duplicates are found across sessions and batches, and never across owners."""
    first = memory(user_id="u", session_id="s1")
    results = await insert(
        first,
        memory(user_id="u", session_id="s2"),
        memory(user_id="v"),
        memory(user_id="u", namespace="n"),
        memory(user_id="u", type=2),
        memory("Likes tea", user_id="u"),
        deduplicate=True,
    )
    assert outcomes(results) == ["created", "duplicate", *["created"] * 4]
    assert results[1].other == first
    assert outcomes(await insert(memory(user_id="u"), deduplicate=True)) == ["duplicate"]


async def test_without_deduplication_every_record_is_stored(insert: Inserting) -> None:
    """The policy NONE stores equals side by side; a later EXACT write still finds them."""
    assert outcomes(await insert(memory(), memory())) == ["created", "created"]
    assert outcomes(await insert(memory(), deduplicate=True)) == ["duplicate"]


@pytest.mark.parametrize(
    "ended",
    [
        {"merged_into": "x"},
        {"archive_time": to_timestamp(1)},
        {"expire_time": to_timestamp(1)},
        {"validity": {"invalid_from": to_timestamp(1)}},
        {"validity": {"valid_from": to_timestamp(2**52)}},
    ],
)
async def test_only_what_readers_see_is_a_duplicate(
    store: MemoryStore, insert: Inserting, ended: dict[str, object]
) -> None:
    """Content whose memory is hidden, expired or not true now may be stated anew."""
    first = memory()
    await insert(first)
    await store.replace(T, first, changed(first, **ended), None, now=now_micros())
    second = memory()
    assert outcomes(await insert(second, deduplicate=True)) == ["created"]
    [third] = await insert(memory(), deduplicate=True)
    assert third.other.id == second.id


async def test_racing_writers_store_one(store: MemoryStore) -> None:
    """Of many equal memories written at once, exactly one is stored."""
    drafts = [memory(user_id="u") for _ in range(20)]
    results = await asyncio.gather(
        *(
            store.insert(T, [(draft, vectors())], deduplicate=True, now=now_micros())
            for draft in drafts
        )
    )
    kinds = [result.outcome for [result] in results]
    assert kinds.count(WriteOutcome.CREATED) == 1
    assert kinds.count(WriteOutcome.DUPLICATE) == 19


async def test_a_change_moves_the_content(store: MemoryStore, insert: Inserting) -> None:
    """After an edit, the old content is free and the new one is taken."""
    first, second = memory("a"), memory("b")
    await insert(first, second)
    edited = changed(first, text="c")
    written = await store.replace(T, first, edited, vectors(0, 1), now=now_micros())
    assert written.outcome is WriteOutcome.REPLACED
    assert await store.get(T, [first.id]) == [edited]
    results = await insert(memory("a"), memory("c"), deduplicate=True)
    assert outcomes(results) == ["created", "duplicate"]


async def test_a_change_never_makes_a_duplicate(store: MemoryStore, insert: Inserting) -> None:
    """An edit into content that another memory holds is refused and changes nothing."""
    first, second = memory("a"), memory("b")
    await insert(first, second)
    written = await store.replace(T, second, changed(second, text="a"), vectors(), now=now_micros())
    assert (written.outcome, written.other) == (WriteOutcome.DUPLICATE, first)
    assert await store.get(T, [second.id]) == [second]


async def test_a_change_of_something_else_is_stale(store: MemoryStore, insert: Inserting) -> None:
    """Of two edits of one reading, the second is told so, and a deleted memory stays deleted."""
    record = memory()
    await insert(record)
    one, two = changed(record, slot="a"), changed(record, slot="b")
    assert (await store.replace(T, record, one, None, now=0)).outcome is WriteOutcome.REPLACED
    assert (await store.replace(T, record, two, None, now=0)).outcome is WriteOutcome.STALE
    await store.delete(T, [record.id])
    assert (await store.replace(T, one, two, None, now=0)).outcome is WriteOutcome.MISSING
    assert await store.get(T, [record.id]) == [None]


async def test_a_change_keeps_vectors_and_accesses(
    redis: Redis, store: MemoryStore, insert: Inserting
) -> None:
    """An edit that needs no embedding leaves the vectors; a cleared time leaves the hash."""
    record = memory(expire_time=to_timestamp(2**52))
    await insert(record)
    await store.touch(T, [record.id], now=5, interval=1)
    key = store.shard(T).memory(T, record.id)
    before = await redis.hgetall(key)
    after = changed(record, pinned=True)
    after.ClearField("expire_time")
    await store.replace(T, record, after, None, now=now_micros())
    stored = await redis.hgetall(key)
    assert stored[b"vector"] == before[b"vector"]
    assert (stored[b"access"], stored[b"access_count"]) == (b"5", b"1")
    assert b"expire" not in stored
    assert stored.keys() == {
        *(name.encode() for name in document(T, after, vectors())),
        *(b"access", b"access_count"),
    }


async def test_deletion_frees_the_content(
    redis: Redis, store: MemoryStore, insert: Inserting
) -> None:
    """A deleted memory leaves no key behind, and its content may come again."""
    record = memory()
    await insert(record)
    assert await store.delete(T, [record.id, "never"]) == [True, False]
    assert await store.delete(T, [record.id]) == [False]
    assert await redis.keys("*") == []
    assert outcomes(await insert(memory(), deduplicate=True)) == ["created"]


async def test_deleting_a_twin_keeps_the_content_taken(
    store: MemoryStore, insert: Inserting
) -> None:
    """The content stays with the memory that holds it when an equal one goes."""
    holder, twin = memory(), memory()
    await insert(holder, twin)
    await store.delete(T, [twin.id])
    [result] = await insert(memory(), deduplicate=True)
    assert result.other == holder


async def test_a_touch_counts_once_per_interval(store: MemoryStore, insert: Inserting) -> None:
    """Being found again and again within the interval counts once."""
    record = memory()
    await insert(record)
    noted = [await store.touch(T, [record.id], now=at, interval=900) for at in (1000, 1899, 1900)]
    assert noted == [1, 0, 1]
    [found] = await store.get(T, [record.id])
    assert (found.access_count, found.last_access_time) == (2, to_timestamp(1900))
    assert found.etag == record.etag


async def test_a_touch_never_brings_a_memory_back(
    redis: Redis, index: MemoryIndex, store: MemoryStore, insert: Inserting
) -> None:
    """Noting an access of a deleted memory leaves nothing behind."""
    record = memory()
    await insert(record)
    await store.delete(T, [record.id])
    assert await store.touch(T, [record.id], now=1, interval=1) == 0
    assert await redis.keys("*") == []
    assert await Listing(index).count(Scope(T), ALWAYS) == 0


async def test_a_store_that_lost_its_scripts_gets_them_again(
    redis: Redis, store: MemoryStore, insert: Inserting
) -> None:
    """A restarted store runs a whole batch all the same, and in order."""
    await redis.script_flush()
    records = [memory(f"fact {at % 40}") for at in range(80)]
    assert outcomes(await insert(*records, deduplicate=True)) == [
        *["created"] * 40,
        *["duplicate"] * 40,
    ]
    await redis.script_flush()
    assert await store.delete(T, [record.id for record in records[:40]]) == [True] * 40


async def test_one_failing_write_leaves_the_others(
    redis: Redis, store: MemoryStore, insert: Inserting
) -> None:
    """A write that the store answers with an error is reported in its place."""
    broken, fine = memory("a"), memory("b")
    await redis.set(store.shard(T).memory(T, broken.id), "not a hash")
    first, second = await insert(broken, fine)
    assert isinstance(first, Exception)
    assert second.outcome is WriteOutcome.CREATED
