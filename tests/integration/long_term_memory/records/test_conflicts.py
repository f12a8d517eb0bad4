"""Conflicts that go with what settles them, in the same commit."""

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.long_term_memory.domain import conflicts
from agent_memory_services.long_term_memory.store.memories import CommitOutcome, MemoryStore
from tests.integration.long_term_memory.conftest import (
    Inserting,
    Writing,
    changed,
    deletion,
    memory,
    merge,
    update,
)


async def conflicting(insert: Inserting) -> tuple[Memory, Memory]:
    """Two stored memories that are in conflict."""
    one, two = memory("User lives in Rome"), memory("User lives in Oslo")
    assert conflicts.mark(one, two)
    await insert(one, two)
    return one, two


async def marks(store: MemoryStore, *memories: Memory) -> list[list[str] | None]:
    """What memories are in conflict with; None for one that is gone."""
    found = await store.get("acme", [each.id for each in memories])
    return [None if each is None else list(each.conflicts_with) for each in found]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "User likes tea"},
        {"user_id": "another"},
        {"namespace": "another"},
        {"archive_time": to_timestamp(1)},
        {"validity": {"invalid_from": to_timestamp(1)}},
    ],
    ids=["another text", "another owner", "another namespace", "archived", "ended"],
)
async def test_a_change_that_settles_a_conflict_unmarks_both(
    store: MemoryStore, insert: Inserting, write: Writing, fields: dict[str, object]
) -> None:
    """The change itself says so too, since it is what callers are answered."""
    one, two = await conflicting(insert)
    after = changed(one, **fields)
    assert await write(update(one, after)) == "committed"
    assert await marks(store, one, two) == [[], []]
    assert not after.conflicts_with


@pytest.mark.parametrize("fields", [{"topics": ["home"]}, {"slot": "user/home"}, {"pinned": True}])
async def test_another_change_leaves_a_conflict(
    store: MemoryStore, insert: Inserting, write: Writing, fields: dict[str, object]
) -> None:
    """It says nothing of what is true."""
    one, two = await conflicting(insert)
    assert await write(update(one, changed(one, **fields))) == "committed"
    assert await marks(store, one, two) == [[two.id], [one.id]]


async def test_both_are_deleted_one_call_each(store: MemoryStore, insert: Inserting) -> None:
    """Neither writes to what is about to go."""
    one, two = await conflicting(insert)
    done = await store.commit_each(
        "acme", [deletion(one), deletion(two)], actor="tester", now=now_micros()
    )
    assert done == [done[0]] * 2
    assert await marks(store, one, two) == [None, None]


async def test_a_merge_hands_conflicts_on(
    store: MemoryStore, insert: Inserting, write: Writing
) -> None:
    """To what stands for the originals from then on."""
    one, two = await conflicting(insert)
    third, merged = memory("The user lives in Rome"), memory("User lives in Rome, merged")
    await insert(third)
    assert await write(*merge(merged, one, third)) == "committed"
    assert await marks(store, one, two, merged) == [[], [merged.id], [two.id]]


async def test_a_rival_that_changes_meanwhile_asks_for_another_look(
    store: MemoryStore, insert: Inserting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is changed, and the caller reads again."""
    one, two = await conflicting(insert)
    read = store.get

    async def outdated(tenant: str, ids: list[str]) -> list[Memory | None]:
        found = await read(tenant, ids)
        for each in found:
            if each is not None:
                each.etag = "of an earlier moment"
        return found

    monkeypatch.setattr(store, "get", outdated)
    done = await store.commit("acme", [deletion(one)], actor="tester", now=now_micros())
    monkeypatch.undo()
    assert (done.outcome, done.at) == (CommitOutcome.STALE, 0)
    assert await marks(store, one, two) == [[two.id], [one.id]]


def test_a_memory_names_no_more_than_so_many() -> None:
    """Of both or of neither, whichever is full."""
    one = memory("User lives in Rome")
    rivals = [memory(f"User lives in town {at}") for at in range(conflicts.MOST + 3)]
    marked = [conflicts.mark(*pair) for pair in ((one, rival) for rival in rivals)]
    assert marked == [True] * conflicts.MOST + [False] * 3
    assert [bool(each.conflicts_with) for each in rivals] == marked
    assert not conflicts.mark(one, rivals[0])
