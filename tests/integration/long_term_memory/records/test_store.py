"""Writes by id: atomic, idempotent, and never a ghost."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.listing import Listing
from agent_memory_services.long_term_memory.store.documents import document
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import Commit, CommitOutcome, MemoryStore
from tests.integration.long_term_memory.conftest import (
    Inserting,
    Writing,
    changed,
    creation,
    deletion,
    memory,
    update,
    vectors,
)

T = "acme"


def outcomes(results: list[Any]) -> list[str]:
    """What became of each write, none of which failed."""
    assert all(isinstance(result, Commit) for result in results), results
    return [result.outcome.value for result in results]


async def test_a_stored_memory_comes_back_whole(store: MemoryStore, insert: Inserting) -> None:
    """What was stored is what is read, access count included."""
    record = memory(topics=["a,b", "c"], user_id="u", pinned=True)
    assert outcomes(await insert(record)) == ["committed"]
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
    await Inserting(store, "other")(memory("likes coffee", id="one"))
    [mine], [theirs] = await store.get(T, ["one"]), await store.get("other", ["one"])
    assert mine is not None
    assert theirs is not None
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
    assert outcomes(results) == ["committed", "duplicate", *["committed"] * 4]
    assert results[1].other == first
    assert outcomes(await insert(memory(user_id="u"), deduplicate=True)) == ["duplicate"]


async def test_without_deduplication_every_record_is_stored(insert: Inserting) -> None:
    """The policy NONE stores equals side by side; a later EXACT write still finds them."""
    assert outcomes(await insert(memory(), memory())) == ["committed", "committed"]
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
    insert: Inserting, write: Writing, ended: dict[str, object]
) -> None:
    """Content whose memory is hidden, expired or not true now may be stated anew."""
    first = memory()
    await insert(first)
    await write(update(first, changed(first, **ended)))
    second = memory()
    assert outcomes(await insert(second, deduplicate=True)) == ["committed"]
    [third] = await insert(memory(), deduplicate=True)
    assert third.other.id == second.id


async def test_racing_writers_store_one(write: Writing) -> None:
    """Of many equal memories written at once, exactly one is stored."""
    drafts = [memory(user_id="u") for _ in range(20)]
    results = await asyncio.gather(*(write(creation(draft, unique=True)) for draft in drafts))
    assert results.count("committed") == 1
    assert results.count("duplicate") == 19


async def test_a_change_moves_the_content(
    store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """After an edit, the old content is free and the new one is taken."""
    first, second = memory("a"), memory("b")
    await insert(first, second)
    edited = changed(first, text="c")
    assert await write(update(first, edited, keep_vectors=False)) == "committed"
    assert await store.get(T, [first.id]) == [edited]
    results = await insert(memory("a"), memory("c"), deduplicate=True)
    assert outcomes(results) == ["committed", "duplicate"]


async def test_a_change_never_makes_a_duplicate(
    store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """An edit into content that another memory holds is refused and changes nothing."""
    first, second = memory("a"), memory("b")
    await insert(first, second)
    hindered = await write.commit(update(second, changed(second, text="a"), keep_vectors=False))
    assert (hindered.outcome.value, hindered.other) == ("duplicate", first)
    assert await store.get(T, [second.id]) == [second]


async def test_a_change_of_something_else_is_stale(
    store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """Of two edits of one reading, the second is told so, and a deleted memory stays deleted."""
    record = memory()
    await insert(record)
    one, two = changed(record, slot="a"), changed(record, slot="b")
    assert await write(update(record, one)) == "committed"
    assert await write(update(record, two)) == "stale"
    assert await write(deletion(record)) == "stale"
    assert await write(deletion(one)) == "committed"
    assert await write(update(one, two)) == "missing"
    assert await store.get(T, [record.id]) == [None]


async def test_a_change_keeps_vectors_and_accesses(
    redis: Redis, store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """An edit that needs no embedding leaves the vectors; a cleared time leaves the hash."""
    record = memory(expire_time=to_timestamp(2**52))
    await insert(record)
    await store.touch(T, [record.id], now=5, interval=1)
    key = store.shard(T).memory(T, record.id)
    before = await redis.hgetall(key)
    after = changed(record, pinned=True)
    after.ClearField("expire_time")
    await write(update(record, after))
    stored = await redis.hgetall(key)
    assert stored[b"vector"] == before[b"vector"]
    assert (stored[b"access"], stored[b"access_count"]) == (b"5", b"1")
    assert b"expire" not in stored
    assert stored.keys() == {
        *(name.encode() for name in document(T, after, vectors())),
        *(b"access", b"access_count"),
    }


async def test_deletion_frees_the_content(
    store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """A deleted memory is gone, and its content may come again."""
    record = memory()
    await insert(record)
    assert await write(deletion(record)) == "committed"
    assert await store.get(T, [record.id]) == [None]
    assert await write(deletion(record)) == "missing"
    assert outcomes(await insert(memory(), deduplicate=True)) == ["committed"]


async def test_deleting_a_twin_keeps_the_content_taken(insert: Inserting, write: Writing) -> None:
    """The content stays with the memory that holds it when an equal one goes."""
    holder, twin = memory(), memory()
    await insert(holder, twin)
    await write(deletion(twin))
    [result] = await insert(memory(), deduplicate=True)
    assert result.other == holder


async def test_a_touch_counts_once_per_interval(store: MemoryStore, insert: Inserting) -> None:
    """Being found again and again within the interval counts once."""
    record = memory()
    await insert(record)
    noted = [await store.touch(T, [record.id], now=at, interval=900) for at in (1000, 1899, 1900)]
    assert noted == [1, 0, 1]
    [found] = await store.get(T, [record.id])
    assert found is not None
    assert (found.access_count, found.last_access_time) == (2, to_timestamp(1900))
    assert found.etag == record.etag


async def test_a_touch_never_brings_a_memory_back(
    index: MemoryIndex, store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """Noting an access of a deleted memory leaves nothing behind."""
    record = memory()
    await insert(record)
    await write(deletion(record))
    assert await store.touch(T, [record.id], now=1, interval=1) == 0
    assert await store.get(T, [record.id]) == [None]
    assert await Listing(index).count(Scope(T), ALWAYS) == 0


async def test_a_store_that_lost_its_scripts_gets_them_again(
    redis: Redis, insert: Inserting, write: Writing
) -> None:
    """A restarted store runs a whole batch all the same, and in order."""
    await redis.script_flush()
    records = [memory(f"fact {at % 40}") for at in range(80)]
    assert outcomes(await insert(*records, deduplicate=True)) == [
        *["committed"] * 40,
        *["duplicate"] * 40,
    ]
    await redis.script_flush()
    assert await write(*map(deletion, records[:40])) == "committed"


async def test_one_failing_write_leaves_the_others(
    redis: Redis, store: MemoryStore, insert: Inserting
) -> None:
    """A write that the store answers with an error is reported in its place."""
    broken, fine = memory("a"), memory("b")
    await redis.set(store.shard(T).memory(T, broken.id), "not a hash")
    first, second = await insert(broken, fine)
    assert isinstance(first, Exception)
    assert second.outcome is CommitOutcome.COMMITTED
