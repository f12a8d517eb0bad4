"""A revert whose way to the store or to the model breaks leaves all or nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.exceptions import RedisError

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.errors import EmbeddingUnavailable
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.memories import MemoryStore
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
from tests.integration.long_term_memory.history.conftest import Reverting, supersession
from tests.support.cut_line import CutLine

States = list[Memory | None]
Arranged = tuple[Memory, list[Memory]]
"""The memory to revert, and all that are concerned."""


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[CutLine]:
    """A way to the store that breaks where a test wants."""
    async with CutLine.to(redis_url) as line:
        yield line


async def an_edit(write: Writing) -> Arranged:
    """A memory with other words than before."""
    record = memory("a")
    await write(creation(record))
    await write(update(record, changed(record, text="b")))
    return record, [record]


async def a_merge(write: Writing) -> Arranged:
    """Three memories that became one."""
    originals, merged = [memory("a"), memory("b"), memory("c")], memory("abc")
    await Inserting(write.store, write.tenant)(*originals)
    await write(*merge(merged, *originals))
    return originals[0], [*originals, merged]


async def a_supersession(write: Writing) -> Arranged:
    """A fact that a newer one ended."""
    older, newer = memory("a"), memory("b")
    await write(creation(older))
    await write(*supersession(older, newer))
    return older, [older, newer]


async def a_deletion(write: Writing) -> Arranged:
    """A memory that is gone."""
    record = memory("a")
    await write(creation(record))
    await write(deletion(record))
    return record, [record]


CASES = [an_edit, a_merge, a_supersession, a_deletion]


@pytest.mark.parametrize("arrange", CASES)
@pytest.mark.parametrize("answered", [False, True])
async def test_a_broken_way_to_the_store_leaves_all_or_nothing(
    store: MemoryStore,
    line: CutLine,
    arrange: Callable[[Writing], Awaitable[Arranged]],
    answered: bool,
) -> None:
    """Cut at each command in turn, before or after it ran: the repeated call ends the same."""
    async with connect(line.url, max_connections=1) as client:
        cut, at = True, 0
        while cut:
            at += 1
            tenant = new_id()
            asked, concerned = await arrange(Writing(store, tenant))
            ids = [each.id for each in concerned]
            before = _meaning(await store.get(tenant, ids))
            revert = Reverting(client, MemoryStore(client, SHARDS), Scope(tenant))
            # It opens the connection that the commands travel over.
            await client.exists("k")
            line.cut_at(at, answered=answered)
            try:
                await revert(asked, request_id="r")
                cut = False
            except RedisError:
                between = _meaning(await store.get(tenant, ids))
            line.cut_at(0, answered=False)
            await revert(asked, request_id="r")
            after = _meaning(await store.get(tenant, ids))
            assert after != before
            assert not cut or between in (before, after)
            assert len(await revert.history(asked)) == 3
        assert at > 3


@pytest.mark.parametrize("arrange", [an_edit, a_deletion])
async def test_a_model_that_is_away_changes_nothing(
    store: MemoryStore, revert: Reverting, arrange: Callable[[Writing], Awaitable[Arranged]]
) -> None:
    """Without vectors nothing comes back, and later it does."""
    asked, concerned = await arrange(Writing(store))
    ids = [each.id for each in concerned]
    before = await store.get("acme", ids)
    revert.embedder.away = True
    with pytest.raises(EmbeddingUnavailable):
        await revert(asked)
    assert await store.get("acme", ids) == before
    revert.embedder.away = False
    await revert(asked)
    assert await store.get("acme", ids) != before


def _meaning(states: States) -> States:
    """The records without what every write renews."""
    for state in states:
        if state is not None:
            state.ClearField("etag")
            state.ClearField("update_time")
            state.ClearField("embedding_model")
    return states
