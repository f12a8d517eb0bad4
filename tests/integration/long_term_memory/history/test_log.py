"""What is read of the history of a memory."""

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.errors import MemoryNotFound
from agent_memory_services.long_term_memory.domain.memory import HistoryLimits
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.history.revisions import page_of
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.revisions import RevisionLog
from tests.integration.long_term_memory.conftest import (
    SHARDS,
    Writing,
    changed,
    creation,
    deletion,
    memory,
    update,
)

SCOPE = Scope("acme")


@pytest.fixture
def log(redis: Redis) -> RevisionLog:
    """The revisions of the store."""
    return RevisionLog(redis, SHARDS)


async def edited(write: Writing, record: Memory, times: int) -> list[Memory]:
    """The states of a memory that is created and then changed some times."""
    await write(creation(record))
    states = [record]
    for at in range(times):
        states.append(changed(states[-1], slot=f"{at}"))
        assert await write(update(states[-2], states[-1], reason=f"{at}")) == "committed"
    return states


async def test_a_history_shows_each_step(log: RevisionLog, write: Writing) -> None:
    """Each revision has the record before and after it; the first has none before."""
    states = await edited(write, memory(), 3)
    part = await log.read("acme", states[0].id, count=10)
    assert (part.present, part.more) == (states[-1], False)
    shown = [(each.before, each.after) for each in part.revisions]
    assert shown[:-1] == list(zip(states[-2::-1], states[:0:-1], strict=True))
    assert [each.reason for each in part.revisions] == ["2", "1", "0", ""]
    assert [each.revision_id for each in part.revisions] == ["4", "3", "2", "1"]
    assert {each.actor for each in part.revisions} == {"tester"}
    first = part.revisions[-1]
    assert (first.HasField("before"), first.after) == (False, states[0])
    assert first.cause == ltm.REVISION_CAUSE_CREATE


@pytest.mark.parametrize("size", [1, 2, 3, 10])
async def test_pages_visit_each_revision_once(log: RevisionLog, write: Writing, size: int) -> None:
    """Any page size shows the same history, also while it grows."""
    states = await edited(write, memory(), 5)
    whole = (await page_of(log, SCOPE, states[0].id, size=100, below=None)).revisions
    shown: list[ltm.MemoryRevision] = []
    below = None
    while True:
        page = await page_of(log, SCOPE, states[0].id, size=size, below=below)
        shown += page.revisions
        below = page.more_below
        if below is None:
            break
        states.append(changed(states[-1], slot="later"))
        await write(update(states[-2], states[-1]))
    assert shown == whole


async def test_a_deleted_memory_has_a_history(log: RevisionLog, write: Writing) -> None:
    """It ends with the deletion, and goes on where the id is used again."""
    [record] = await edited(write, memory(), 0)
    await write(deletion(record))
    deleted, created = (await page_of(log, SCOPE, record.id, size=10, below=None)).revisions
    assert (deleted.before, deleted.HasField("after")) == (record, False)
    assert created.after == record
    again = memory("likes coffee", id=record.id)
    await write(creation(again))
    page = await page_of(log, SCOPE, record.id, size=10, below=None)
    assert page.revisions[0].after == again
    assert not page.revisions[0].HasField("before")
    assert list(page.revisions[1:]) == [deleted, created]


async def test_a_cut_history_says_what_it_has(redis: Redis, log: RevisionLog) -> None:
    """What was dropped for age is no revision, and no page leads there."""
    store = MemoryStore(redis, SHARDS, HistoryLimits(revisions=3))
    states = await edited(Writing(store), memory(), 6)
    page = await page_of(log, SCOPE, states[0].id, size=3, below=None)
    assert [each.before for each in page.revisions] == [states[5], states[4], states[3]]
    assert page.more_below is None
    page = await page_of(log, SCOPE, states[0].id, size=2, below=None)
    assert page.more_below == 6
    page = await page_of(log, SCOPE, states[0].id, size=2, below=4)
    assert (page.revisions, page.more_below) == ([], None)


async def test_who_may_not_see_a_memory_finds_no_history(log: RevisionLog, write: Writing) -> None:
    """Of what came from another user, a confined caller sees what happened since."""
    record = memory(user_id="alice")
    moved = changed(record, user_id="bob")
    last = changed(moved, slot="s")
    await write(creation(record))
    await write(update(record, moved))
    await write(update(moved, last))
    for users, seen in (({"alice"}, None), ({"bob"}, ["3"]), ({"alice", "bob"}, ["3", "2", "1"])):
        scope = Scope("acme", users=frozenset(users))
        if seen is None:
            with pytest.raises(MemoryNotFound):
                await page_of(log, scope, record.id, size=10, below=None)
        else:
            page = await page_of(log, scope, record.id, size=10, below=None)
            assert [each.revision_id for each in page.revisions] == seen
    await write(deletion(last))
    with pytest.raises(MemoryNotFound):
        await page_of(log, Scope("acme", users=frozenset({"alice"})), record.id, size=9, below=None)
    for tenant, memory_id in (("acme", "never"), ("other", record.id)):
        with pytest.raises(MemoryNotFound):
            await page_of(log, Scope(tenant), memory_id, size=10, below=None)
