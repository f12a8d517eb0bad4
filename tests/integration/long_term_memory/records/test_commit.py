"""Changes that stand or fall together, and what is noted beside them."""

from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.domain.memory import HistoryLimits
from agent_memory_services.long_term_memory.store.memories import CommitOutcome, MemoryStore
from tests.integration.long_term_memory.conftest import (
    SHARDS,
    Inserting,
    Writing,
    changed,
    creation,
    deletion,
    memory,
    merge,
    update,
)
from tests.support.cut_line import CutLine
from tests.support.raw import raw

T = "acme"


async def dump(redis: Redis) -> dict[bytes, Any]:
    """Everything the store holds, by key."""
    store = raw(redis)
    kinds = {key: await store.type(key) for key in await store.keys("*")}
    read: dict[bytes, Callable[[bytes], Any]] = {
        b"hash": store.hgetall,
        b"string": store.get,
        b"set": store.smembers,
        b"zset": lambda key: store.zrange(key, 0, -1, withscores=True),
        b"stream": store.xrange,
    }
    return {key: await read[kind](key) for key, kind in kinds.items()}


async def test_several_changes_are_one(
    store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """A merge stores the new record and hides the old ones in one step."""
    one, two, gone = memory("likes tea"), memory("likes green tea"), memory("x")
    await insert(one, two, gone)
    merged = memory("likes green tea most")
    assert await write(*merge(merged, one, two), deletion(gone)) == "committed"
    found = await store.get(T, [merged.id, one.id, two.id, gone.id])
    assert [each.merged_into if each else None for each in found] == ["", *[merged.id] * 2, None]


@pytest.mark.parametrize("spoiled", ["stale", "missing", "taken", "same", "duplicate"])
@pytest.mark.parametrize("first", [True, False])
async def test_one_hindrance_hinders_all(
    redis: Redis, insert: Inserting, write: Writing, spoiled: str, first: bool
) -> None:
    """Where one change cannot be made nothing is written, not even beside the records."""
    one, two, other = memory("a"), memory("b"), memory("c")
    await insert(one, two, other)
    bad = {
        "stale": update(changed(other, slot="elsewhere"), changed(other, slot="s")),
        "missing": deletion(memory("d")),
        "taken": creation(memory("d", id=other.id)),
        "same": creation(memory("c", id=other.id)),
        "duplicate": creation(memory("c"), unique=True),
    }[spoiled]
    good = merge(memory("ab"), one, two)
    before = await dump(redis)
    hindered = await write.commit(*([bad, *good] if first else [*good, bad]))
    assert hindered.outcome.value == spoiled
    assert hindered.at == (0 if first else len(good))
    expected = other if spoiled in {"same", "duplicate"} else None
    assert hindered.other == expected
    assert await dump(redis) == before


async def test_a_merge_may_keep_the_words_of_an_original(insert: Inserting, write: Writing) -> None:
    """Content passes from a record to the one that replaces it, in whichever order they stand."""
    for at, order in enumerate((1, -1)):
        one, two = memory("tea", user_id=f"{at}"), memory("green tea", user_id=f"{at}")
        await insert(one, two)
        merged = memory("tea", user_id=f"{at}")
        assert await write(*merge(merged, one, two)[::order]) == "committed"
        [again] = await insert(memory("tea", user_id=f"{at}"), deduplicate=True)
        assert (again.outcome, again.other.id) == (CommitOutcome.DUPLICATE, merged.id)


async def test_contents_may_change_places(insert: Inserting, write: Writing) -> None:
    """Two records swap their texts; each then holds the other's."""
    one, two = memory("a"), memory("b")
    await insert(one, two)
    swapped = changed(one, text="b"), changed(two, text="a")
    assert await write(*map(update, (one, two), swapped)) == "committed"
    results = await insert(memory("a"), memory("b"), deduplicate=True)
    assert [result.other.id for result in results] == [two.id, one.id]


async def test_a_commit_never_makes_a_duplicate(insert: Inserting, write: Writing) -> None:
    """Neither two new records with one content nor one that becomes visible beside another."""
    assert await write(creation(memory("a"), unique=True), creation(memory("a"), unique=True)) == (
        "duplicate"
    )
    hidden = memory("b")
    await insert(hidden)
    archived = changed(hidden, archive_time=to_timestamp(1))
    assert await write(update(hidden, archived)) == "committed"
    [second] = await insert(memory("b"), deduplicate=True)
    assert second.outcome is CommitOutcome.COMMITTED
    shown = changed(archived)
    shown.ClearField("archive_time")
    assert await write(update(archived, shown)) == "duplicate"


async def test_a_memory_is_changed_once_in_a_commit(insert: Inserting, write: Writing) -> None:
    """Two changes of one memory are a mistake, whatever they are."""
    record = memory()
    await insert(record)
    with pytest.raises(ValueError, match="once"):
        await write(update(record, changed(record, slot="a")), deletion(record))


async def test_every_change_is_a_revision(redis: Redis, store: MemoryStore, write: Writing) -> None:
    """Who, when and why are kept, and what was before; a creation keeps no copy."""
    record = memory()
    await write(creation(record))
    edited = changed(record, slot="s")
    await write(update(record, edited, reason="a correction", related=("x",)))
    kept = await raw(redis).hgetall(store.shard(T).revisions(T, record.id))
    assert kept.keys() == {b"last", b"1", b"2", b"2:before"}
    assert Memory.FromString(kept[b"2:before"]) == record
    revision = ltm.MemoryRevision.FromString(kept[b"2"])
    assert revision.create_time.ToMicroseconds() <= now_micros()
    revision.ClearField("create_time")
    assert revision == ltm.MemoryRevision(
        cause=ltm.REVISION_CAUSE_UPDATE,
        actor="tester",
        reason="a correction",
        related_memory_ids=["x"],
    )


async def test_old_revisions_make_room(redis: Redis) -> None:
    """A memory keeps its latest revisions, and their numbers go on."""
    store = MemoryStore(redis, SHARDS, HistoryLimits(revisions=3))
    record = memory()
    write = Writing(store)
    await write(creation(record))
    for at in range(5):
        edited = changed(record, slot=f"{at}")
        assert await write(update(record, edited)) == "committed"
        record = edited
    kept = await raw(redis).hgetall(store.shard(T).revisions(T, record.id))
    assert kept.keys() == {
        b"last",
        *(b"%d" % n for n in (4, 5, 6)),
        *(b"%d:before" % n for n in (4, 5, 6)),
    }


async def test_the_history_of_a_deleted_memory_ends(redis: Redis, write: Writing) -> None:
    """It stays for the retention, and for good where the memory comes back."""
    record = memory(user_id="alice")
    shard = write.store.shard(T)
    history, left = shard.revisions(T, record.id), shard.left(T, "alice")
    await write(creation(record))
    assert await redis.ttl(history) == -1
    assert await redis.exists(left) == 0
    await write(deletion(record))
    month = 30 * 86_400
    assert month - 60 < await redis.ttl(history) <= month
    assert month - 60 < await redis.ttl(left) <= month
    assert await redis.zrange(left, 0, -1) == [record.id.encode()]
    await write(creation(record))
    assert await redis.ttl(history) == -1


async def test_without_retention_nothing_stays(redis: Redis) -> None:
    """A store that keeps no past of deleted memories keeps none."""
    store = MemoryStore(redis, SHARDS, HistoryLimits(retention_days=0))
    record = memory(user_id="alice")
    await Writing(store)(creation(record))
    await Writing(store)(deletion(record))
    shard = store.shard(T)
    assert not await redis.exists(shard.revisions(T, record.id), shard.left(T, "alice"))


async def test_a_memory_that_moved_is_remembered_at_its_owners(
    redis: Redis, insert: Inserting, write: Writing
) -> None:
    """The former owner leads to it for as long as it lives, whatever else was deleted."""
    moving, deleted = memory("a", user_id="alice"), memory("b", user_id="alice")
    await insert(moving, deleted)
    left = write.store.shard(T).left(T, "alice")
    moved = changed(moving, user_id="bob")
    await write(update(moving, moved), deletion(deleted))
    assert set(await redis.zrange(left, 0, -1)) == {moving.id.encode(), deleted.id.encode()}
    assert await redis.ttl(left) == -1
    assert not await redis.exists(write.store.shard(T).left(T, "bob"))


async def test_the_feed_tells_what_happened(redis: Redis, write: Writing) -> None:
    """Each change is one entry, with the record before and after."""
    one, two = memory("a"), memory("b")
    await write(creation(one), creation(two))
    merged = memory("ab")
    changes = merge(merged, one, two)
    await write(*changes)
    older = changed(merged, validity={"superseded_by": "x"})
    await write(update(merged, older))
    edited = changed(older, slot="s")
    await write(update(older, edited))
    archived = changed(edited, archive_time=to_timestamp(1))
    await write(update(edited, archived))
    await write(deletion(archived))
    entries = [fields for _, fields in await raw(redis).xrange(write.store.shard(T).feed(T))]
    created, updated, hidden, replaced, deleted = (
        str(getattr(ltm, f"MEMORY_CHANGE_KIND_{name}")).encode()
        for name in ("CREATED", "UPDATED", "MERGED", "SUPERSEDED", "DELETED")
    )
    assert [entry[b"kind"] for entry in entries] == [
        *(created, created, created, hidden, hidden),
        *(replaced, updated, deleted, deleted),
    ]
    assert {entry[b"id"].decode() for entry in entries} == {one.id, two.id, merged.id}
    assert all(int(entry[b"time"]) <= now_micros() for entry in entries)
    assert b"before" not in entries[0]
    assert Memory.FromString(entries[0][b"after"]) == one
    assert Memory.FromString(entries[3][b"before"]) == one
    assert Memory.FromString(entries[3][b"after"]) == changes[1].after
    assert b"after" not in entries[-1]
    assert Memory.FromString(entries[-1][b"before"]) == archived


async def test_the_feed_is_bounded(redis: Redis) -> None:
    """Old entries make room for new ones."""
    store = MemoryStore(redis, SHARDS, HistoryLimits(changes=10))
    records = [memory(f"{at}") for at in range(300)]
    await Inserting(store)(*records)
    assert await redis.xlen(store.shard(T).feed(T)) < 150


async def test_consolidation_is_told_what_to_look_at(
    redis: Redis, insert: Inserting, write: Writing
) -> None:
    """New facts and new words are marked; messages, pins, and what was deliberate are not."""
    key = write.store.shard(T).dirty(T)

    async def marked() -> set[str]:
        found = {member.decode() for member in await raw(redis).zrange(key, 0, -1)}
        await redis.delete(key)
        return found

    fact, other, message = memory("a"), memory("b"), memory("c", type=3)
    await insert(fact, other, message)
    assert await marked() == {fact.id, other.id}
    pinned = changed(fact, pinned=True, topics=["t"])
    await write(update(fact, pinned), update(message, changed(message, text="d")))
    assert await marked() == set()
    edited = changed(pinned, text="e")
    await write(update(pinned, edited))
    assert await marked() == {fact.id}
    compared = changed(edited, text="f")
    await write(update(edited, compared, compared=True))
    await write(*merge(memory("bf"), compared, other))
    assert await marked() == set()


async def test_what_is_gone_needs_no_look(redis: Redis, insert: Inserting, write: Writing) -> None:
    """Deleted and hidden memories leave the set."""
    one, two = memory("a"), memory("b")
    await insert(one, two)
    await write(deletion(one), update(two, changed(two, archive_time=to_timestamp(1))))
    assert await redis.exists(write.store.shard(T).dirty(T)) == 0


async def test_tenants_with_memories_are_known(redis: Redis, insert: Inserting) -> None:
    """Background work finds every tenant that ever stored a memory."""
    await insert(memory())
    await Inserting(insert.store, "a b")(memory())
    found: set[bytes] = set()
    for tenant in (T, "a b"):
        found |= await raw(redis).smembers(insert.store.shard(tenant).tenants)
    assert found == {b"acme", b"a b"}


async def test_accesses_are_no_part_of_a_revision(
    redis: Redis, store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """A record that was found and then changed is stored without what it was read with."""
    record = memory()
    await insert(record)
    await store.touch(T, [record.id], now=5, interval=1)
    [read] = await store.get(T, [record.id])
    assert read is not None
    assert read.access_count == 1
    await write(update(read, changed(read, slot="s")))
    stored = Memory.FromString(await raw(redis).hget(store.shard(T).memory(T, record.id), "record"))
    assert (stored.access_count, stored.HasField("last_access_time")) == (0, False)
    [read] = await store.get(T, [record.id])
    assert read is not None
    assert read.access_count == 1


async def test_every_key_of_a_commit_lies_in_the_shard(
    redis: Redis, insert: Inserting, write: Writing
) -> None:
    """All that a commit writes shares the shard's hash tag, so a cluster keeps it on one node."""
    one, two = memory("a", user_id="alice"), memory("b", user_id="alice")
    await insert(one, two)
    await write(*merge(memory("ab", user_id="alice"), one, two))
    [again] = await write.store.get(T, [two.id])
    assert again is not None
    await write(deletion(again))
    tag = f"{{s{write.store.shard(T).number:02d}}}".encode()
    keys = await redis.keys("*")
    assert len(keys) > 8
    assert all(tag in key for key in keys)


@pytest.mark.parametrize("answered", [False, True])
async def test_a_cut_connection_leaves_all_or_nothing(
    redis_url: str, store: MemoryStore, insert: Inserting, answered: bool
) -> None:
    """A commit of which nobody heard an answer was made as a whole or not at all."""
    one, two, merged = memory("a"), memory("b"), memory("ab")
    await insert(one, two)
    async with CutLine.to(redis_url) as line, connect(line.url, max_connections=1) as client:
        # It opens the connection that the commit travels over.
        await client.exists("k")
        line.cut_at(1, answered=answered)
        with pytest.raises(RedisError):
            await Writing(MemoryStore(client, SHARDS))(*merge(merged, one, two))
    found = await store.get(T, [one.id, two.id, merged.id])
    hidden = [bool(each.merged_into) if each else None for each in found]
    assert hidden == ([True, True, False] if answered else [False, False, None])
