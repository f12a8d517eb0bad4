"""Listing the history of memories, and taking changes back."""

import asyncio
from typing import Any

import grpc
import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.redis.client import connect
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one, said, shown

Code = grpc.StatusCode


async def revisions(tenant: Tenant, memory_id: str, **fields: Any) -> Any:
    """A page of a history."""
    request = rpc.ListMemoryRevisionsRequest(memory_id=memory_id, **fields)
    return await tenant.call("ListMemoryRevisions", request)


async def revert(tenant: Tenant, memory_id: str, **fields: Any) -> list[Memory]:
    """Take a change back."""
    request = rpc.RevertMemoryRequest(memory_id=memory_id, **fields)
    return list((await tenant.call("RevertMemory", request)).memories)


async def created(tenant: Tenant, text: str = "likes tea", **fields: Any) -> Memory:
    """A stored memory."""
    [result] = await tenant.create(Memory(text=text, **fields))
    memory: Memory = result.memory
    return memory


async def delete(tenant: Tenant, memory_id: str, **fields: Any) -> None:
    """Delete a memory."""
    request = rpc.DeleteMemoriesRequest(memory_ids=[memory_id], **fields)
    await tenant.call("DeleteMemories", request)


async def test_every_call_that_changes_a_memory_is_in_its_history(tenant: Tenant) -> None:
    """Creation, change, revert and deletion, the latest first, by whom and why."""
    first = await created(tenant)
    request = rpc.UpdateMemoryRequest(memory=Memory(id=first.id, text="likes coffee"), reason="new")
    second = (await tenant.call("UpdateMemory", request)).memory
    [third] = await revert(tenant, first.id, reason="wrong")
    await delete(tenant, first.id, reason="asked to")
    page = await revisions(tenant, first.id)
    assert page.next_page_token == ""
    assert [(each.cause, each.reason) for each in page.revisions] == [
        (ltm.REVISION_CAUSE_DELETE, "asked to"),
        (ltm.REVISION_CAUSE_REVERT, "wrong"),
        (ltm.REVISION_CAUSE_UPDATE, "new"),
        (ltm.REVISION_CAUSE_CREATE, ""),
    ]
    assert [each.before for each in page.revisions] == [third, second, first, Memory()]
    assert [each.after for each in page.revisions] == [Memory(), third, second, first]
    assert {each.memory_id for each in page.revisions} == {first.id}
    assert all(each.actor for each in page.revisions)
    times = [each.create_time.ToMicroseconds() for each in page.revisions]
    assert times == sorted(times, reverse=True)


async def test_a_history_comes_in_pages(tenant: Tenant, neighbour: Tenant) -> None:
    """Each revision stands on one page; a token continues this history alone."""
    memory = await created(tenant)
    for at in range(4):
        await tenant.update(Memory(id=memory.id, slot=f"{at}"))
    first = await revisions(tenant, memory.id, page_size=3)
    second = await revisions(tenant, memory.id, page_size=3, page_token=first.next_page_token)
    ids = [each.revision_id for each in (*first.revisions, *second.revisions)]
    assert (len(set(ids)), second.next_page_token) == (5, "")
    await created(neighbour, id=memory.id)
    for asking, token in ((tenant, "x"), (neighbour, first.next_page_token)):
        with refused() as refusal:
            await revisions(asking, memory.id, page_token=token)
        assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_TOKEN")


async def test_nobodys_history_is_not_found(tenant: Tenant, neighbour: Tenant) -> None:
    """An unknown memory and another tenant's have none."""
    theirs = await created(neighbour)
    for call in (revisions, revert):
        for memory_id in (theirs.id, "never"):
            with refused() as refusal:
                await call(tenant, memory_id)
            assert (refusal.code, refusal.reason) == (Code.NOT_FOUND, "MEMORY_NOT_FOUND")
            assert refusal.metadata == {"memory_id": memory_id}


async def test_what_came_back_is_found_again(tenant: Tenant) -> None:
    """A reverted text and a deleted memory are searched as if nothing had been."""
    memory = await created(tenant, "enjoys sailing near Lisbon")
    await tenant.update(Memory(id=memory.id, text="studies the violin"))
    await revert(tenant, memory.id)
    for mode in (1, 2, 3):
        [hit] = (await tenant.search("sailing", mode=mode)).hits
        assert (hit.memory.id, hit.memory.text) == (memory.id, memory.text)
    await delete(tenant, memory.id)
    assert not (await tenant.search("sailing")).hits
    [back] = await revert(tenant, memory.id)
    [hit] = (await tenant.search("sailing", mode=1)).hits
    assert hit.memory == back
    assert await tenant.create(memory.text)
    assert (await tenant.list()).total_size == 1


async def test_a_conflict_says_what_to_do(tenant: Tenant) -> None:
    """FAILED_PRECONDITION with the state, ABORTED with the etag, and the field of a wrong id."""
    memory = await created(tenant)
    await tenant.update(Memory(id=memory.id, slot="a"))
    last = await tenant.update(Memory(id=memory.id, slot="b"))
    with refused() as refusal:
        await revert(tenant, memory.id, revision_id="2")
    assert (refusal.code, refusal.reason) == (Code.FAILED_PRECONDITION, "INVALID_STATE")
    assert refusal.metadata == {"state": "changed"}
    assert "slot" in refusal.message
    with refused() as refusal:
        await revert(tenant, memory.id, etag=memory.etag)
    assert (refusal.code, refusal.reason) == (Code.ABORTED, "ETAG_MISMATCH")
    assert refusal.metadata == {"current_etag": last.etag}
    with refused() as refusal:
        await revert(tenant, memory.id, revision_id="9")
    assert (refusal.code, list(refusal.fields)) == (Code.INVALID_ARGUMENT, ["revision_id"])
    await created(tenant, "likes coffee")
    await tenant.update(Memory(id=memory.id, text="likes milk"))
    other = await created(tenant)
    with refused() as refusal:
        await revert(tenant, memory.id)
    assert (refusal.code, refusal.reason) == (Code.ALREADY_EXISTS, "ID_ALREADY_EXISTS")
    assert refusal.metadata == {"id": other.id}


async def test_a_merge_is_taken_back(tenant: Tenant) -> None:
    """Both statements are there again, each found by itself, and stay two."""
    merged = await one(tenant, "User likes coffee", "User enjoys coffee")
    assert merged.outcome == ltm.CREATE_OUTCOME_MERGED
    back = await revert(tenant, merged.memory_id, reason="not the same")
    assert {memory.id for memory in back} == set(merged.related_memory_ids)
    assert await shown(tenant) == {"User likes coffee", "User enjoys coffee"}
    await tenant.call("CompactMemories", rpc.CompactMemoriesRequest())
    assert await shown(tenant) == {"User likes coffee", "User enjoys coffee"}


async def test_a_supersession_is_taken_back(tenant: Tenant) -> None:
    """The older employer is true again beside the newer, and its history tells both changes."""
    acme = await one(tenant, said("I work at Acme", 2023))
    globex = await one(tenant, said("I joined Globex", 2024))
    assert globex.outcome == ltm.CREATE_OUTCOME_SUPERSEDED
    [ended, _] = (await revisions(tenant, acme.memory_id)).revisions[:2]
    assert ended.cause == ltm.REVISION_CAUSE_SUPERSEDE
    assert list(ended.related_memory_ids) == [globex.memory_id]
    assert ended.reason
    [back] = await revert(tenant, acme.memory_id)
    assert not back.validity.HasField("invalid_from")
    assert await shown(tenant) == {"I work at Acme", "I joined Globex"}
    assert await tenant.get(globex.memory_id) == globex.memory


async def test_a_repeated_call_reverts_once(tenant: Tenant) -> None:
    """A call of one name answers what it answered first."""
    memory = await created(tenant)
    await tenant.update(Memory(id=memory.id, slot="a"))
    [first] = await revert(tenant, memory.id, request_id="r")
    assert await revert(tenant, memory.id, request_id="r") == [first]
    assert len((await revisions(tenant, memory.id)).revisions) == 3


async def test_of_racing_reverts_each_is_a_revision(tenant: Tenant) -> None:
    """Reverts of the latest change that meet take their turns, or say that they could not."""
    memory = await created(tenant)
    await tenant.update(Memory(id=memory.id, slot="a"))
    answers = await asyncio.gather(
        *(revert(tenant, memory.id) for _ in range(4)), return_exceptions=True
    )
    done = sum(isinstance(answer, list) for answer in answers)
    assert done >= 1
    history = (await revisions(tenant, memory.id)).revisions
    assert len(history) == 2 + done
    assert (await tenant.get(memory.id)).slot == ("a" if done % 2 == 0 else "")


async def test_a_deadline_ends_a_call_that_waits(tenant: Tenant, redis_url: str) -> None:
    """A store that stands still holds no caller longer than the caller wants."""
    requests = {
        "ListMemoryRevisions": rpc.ListMemoryRevisionsRequest(memory_id="a"),
        "RevertMemory": rpc.RevertMemoryRequest(memory_id="a"),
    }
    async with connect(redis_url) as client:
        await client.client_pause(600_000, all=False)
        for method, request in requests.items():
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await getattr(tenant.stub, method)(request, timeout=0.3)
            assert (method, raised.value.code()) == (method, Code.DEADLINE_EXCEEDED)
        await client.client_unpause()
