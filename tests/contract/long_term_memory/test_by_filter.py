"""DeleteMemoriesByFilter and UpdateMemoriesByFilter."""

from typing import Any

import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.contract.clock import to_timestamp
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant

ALICE = MemoryFilter(user_id=TagFilter(eq="alice"))


async def delete(tenant: Tenant, **asked: Any) -> Any:
    """Delete by filter."""
    return await tenant.call(
        "DeleteMemoriesByFilter", rpc.DeleteMemoriesByFilterRequest(**{"filter": ALICE, **asked})
    )


async def update(tenant: Tenant, memory: Memory, *paths: str, **asked: Any) -> Any:
    """Change by filter."""
    request = rpc.UpdateMemoriesByFilterRequest(**{"filter": ALICE, "memory": memory, **asked})
    request.update_mask.paths.extend(paths)
    return await tenant.call("UpdateMemoriesByFilter", request)


async def facts(tenant: Tenant, count: int) -> list[str]:
    """Memories of one user, oldest first, and one of another; answers the user's ids."""
    mine = [
        Memory(id=f"a{at}", text=f"fact {at}", user_id="alice", create_time=to_timestamp(at + 1))
        for at in range(count)
    ]
    await tenant.create(*mine, Memory(id="b", text="other", user_id="bob"), deduplication=1)
    return [memory.id for memory in mine]


async def ids(tenant: Tenant, **asked: Any) -> set[str]:
    """The ids of all memories."""
    return {memory.id for memory in (await tenant.list(page_size=1000, **asked)).memories}


async def test_by_default_it_is_only_said_what_would_be_done(tenant: Tenant) -> None:
    """Counts and some ids, and nothing changes."""
    mine = await facts(tenant, 25)
    said = await delete(tenant)
    assert (said.matched_count, said.deleted_count, said.executed) == (25, 0, False)
    assert (list(said.sample_ids), said.resume_token) == (mine[:20], "")
    await tenant.update(Memory(id="a0", pinned=True))
    said = await update(tenant, Memory(pinned=True))
    assert (said.matched_count, said.updated_count, said.executed) == (25, 0, False)
    assert list(said.sample_ids) == mine[1:20]
    assert await ids(tenant) == {*mine, "b"}
    assert not (await tenant.get("a1")).pinned


async def test_batches_continue_until_nothing_is_left(tenant: Tenant, neighbour: Tenant) -> None:
    """Each looks at so many; a batch that is repeated does what is still to do."""
    mine = await facts(tenant, 7)
    theirs = await facts(neighbour, 2)
    first = await delete(tenant, execute=True, limit=3, reason="moved away")
    assert (first.matched_count, first.deleted_count, first.executed) == (7, 3, True)
    assert list(first.sample_ids) == mine[:3]
    second = await delete(tenant, execute=True, limit=3, resume_token=first.resume_token)
    again = await delete(tenant, execute=True, limit=3, resume_token=first.resume_token)
    assert (second.deleted_count, again.deleted_count, again.resume_token) == (3, 1, "")
    assert await ids(tenant) == {"b"}
    assert await ids(neighbour) == {*theirs, "b"}
    listed = rpc.ListMemoryRevisionsRequest(memory_id=mine[0])
    [deletion, _] = (await tenant.call("ListMemoryRevisions", listed)).revisions
    assert (deletion.cause, deletion.reason) == (ltm.REVISION_CAUSE_DELETE, "moved away")
    assert deletion.actor


async def test_what_still_matches_is_changed_once(tenant: Tenant) -> None:
    """Behind the last memory of a batch the next one begins, whatever the change did to it."""
    mine = await facts(tenant, 5)
    token, changed = "", []
    while True:
        part = await update(
            tenant,
            Memory(topics=["moved"], expire_time=to_timestamp(2**52)),
            execute=True,
            limit=2,
            resume_token=token,
        )
        changed += part.sample_ids
        token = part.resume_token
        if not token:
            break
    assert changed == mine
    memory = await tenant.get("a3")
    assert (list(memory.topics), memory.text) == (["moved"], "fact 3")
    listed = rpc.ListMemoryRevisionsRequest(memory_id="a3")
    assert len((await tenant.call("ListMemoryRevisions", listed)).revisions) == 2
    assert (await update(tenant, Memory(topics=["moved"]), execute=True)).updated_count == 0


async def test_a_merged_memory_goes_with_its_originals(tenant: Tenant) -> None:
    """As when it is deleted by its id, so that what it said comes back with no search."""
    await tenant.create(Memory(id="one", text="Alice lives in Rome.", user_id="alice"))
    await tenant.create(Memory(id="two", text="Alice lives in Rome!", user_id="alice"))
    await delete(tenant, execute=True)
    assert await ids(tenant, include_hidden=True) == set()


async def test_memories_that_would_become_equal_are_named(tenant: Tenant) -> None:
    """Of two with one text, only one can belong to the new owner."""
    await tenant.create(Memory(id="mine", text="same", user_id="alice"))
    await tenant.create(Memory(id="theirs", text="same", user_id="bob"))
    done = await update(tenant, Memory(user_id="bob"), execute=True)
    assert (done.updated_count, list(done.skipped_ids)) == (0, ["mine"])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (MemoryFilter(), "filter"),
        (MemoryFilter(any_of=[MemoryFilter(), ALICE]), "filter"),
        (MemoryFilter(topics=TagFilter()), "filter.topics"),
    ],
    ids=["empty", "a group that holds always", "a condition that asks nothing"],
)
async def test_a_filter_without_a_condition_is_refused(
    tenant: Tenant, given: MemoryFilter, field: str
) -> None:
    """Nobody empties a tenant by leaving something out."""
    await tenant.create("fact")
    for call in (
        delete(tenant, filter=given, execute=True),
        update(tenant, Memory(pinned=True), filter=given, execute=True),
    ):
        with refused() as refusal:
            await call
        assert (refusal.reason, list(refusal.fields)) == ("INVALID_FIELD", [field])


@pytest.mark.parametrize("path", ["text", "context", "claims", "slot", "validity", "create_time"])
async def test_what_each_memory_says_for_itself_is_not_changed(tenant: Tenant, path: str) -> None:
    """Many memories are never given one text, whether or not the filter matches any."""
    with refused() as refusal:
        await update(tenant, Memory(), path)
    assert (refusal.reason, refusal.metadata) == ("INVALID_FIELD_MASK", {"path": path})


@pytest.mark.parametrize(
    "given", [Memory(), Memory(text="all alike"), Memory(pinned=False)], ids=["", "text", "default"]
)
async def test_a_change_of_nothing_is_refused(tenant: Tenant, given: Memory) -> None:
    """Nobody takes it for done."""
    with refused() as refusal:
        await update(tenant, given, execute=True)
    assert (refusal.reason, list(refusal.fields)) == ("INVALID_FIELD", ["memory"])
