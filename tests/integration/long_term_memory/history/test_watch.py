"""What a confined caller is told of changes, over the store alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryChange
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.history.watch import (
    MemoryEvent,
    MemoryWatch,
    MemoryWatchUpdate,
)
from tests.integration.long_term_memory.conftest import (
    SHARDS,
    Inserting,
    Writing,
    changed,
    deletion,
    memory,
    merge,
    update,
)
from tests.integration.long_term_memory.history.conftest import TENANT, supersession


@pytest.fixture
async def watch(redis: Redis) -> AsyncIterator[MemoryWatch]:
    """Watching the store."""
    feed = Feed(redis, MemoryEvent.read)
    yield MemoryWatch(feed, SHARDS, checkpoint_seconds=30)
    await feed.aclose()


async def told(
    sightings: AsyncIterator[MemoryWatchUpdate], count: int
) -> list[tuple[int, str, str]]:
    """The next changes: the kind, the id, and the user of the memory that is shown."""
    found: list[MemoryChange] = []
    async with asyncio.timeout(120):
        while len(found) < count:
            change = (await anext(sightings)).change
            if change is not None:
                found.append(change)
    return [
        (each.kind, each.memory_id, each.memory.user_id if each.HasField("memory") else "gone")
        for each in found
    ]


async def test_a_confined_caller_sees_its_own(
    watch: MemoryWatch, insert: Inserting, write: Writing
) -> None:
    """A memory that moves in is created, one that moves out is deleted, and shows no other side."""
    scope = Scope(TENANT, users=frozenset({"alice"}))
    async with aclosing(watch.follow(scope, MemoryFilter(), "")) as sightings:
        assert (await anext(sightings)).change is None
        theirs, mine = memory("a", user_id="bob"), memory("b", user_id="alice")
        await insert(theirs, mine)
        moved_in, moved_out = changed(theirs, user_id="alice"), changed(mine, user_id="bob")
        await write(update(theirs, moved_in), update(mine, moved_out))
        await write(update(moved_out, changed(moved_out, slot="s")), deletion(moved_in))
        assert await told(sightings, 4) == [
            (ltm.MEMORY_CHANGE_KIND_CREATED, mine.id, "alice"),
            (ltm.MEMORY_CHANGE_KIND_CREATED, theirs.id, "alice"),
            (ltm.MEMORY_CHANGE_KIND_DELETED, mine.id, "gone"),
            (ltm.MEMORY_CHANGE_KIND_DELETED, theirs.id, "gone"),
        ]


async def test_consolidation_is_told_as_such(
    watch: MemoryWatch, insert: Inserting, write: Writing
) -> None:
    """Merged and superseded memories by kind, a filter's condition holding before or after."""
    one, two = memory("a", user_id="u"), memory("b", user_id="u")
    await insert(one, two)
    given = MemoryFilter(id=TagFilter(any=[one.id, two.id]))
    async with aclosing(watch.follow(Scope(TENANT), given, "")) as sightings:
        assert (await anext(sightings)).change is None
        newer = memory("c", user_id="u")
        changes = supersession(one, newer)
        await write(*changes)
        ended = changes[1].after
        assert ended is not None
        await write(*merge(memory("d", user_id="u"), ended, two))
        assert await told(sightings, 3) == [
            (ltm.MEMORY_CHANGE_KIND_SUPERSEDED, one.id, "u"),
            (ltm.MEMORY_CHANGE_KIND_MERGED, one.id, "u"),
            (ltm.MEMORY_CHANGE_KIND_MERGED, two.id, "u"),
        ]
