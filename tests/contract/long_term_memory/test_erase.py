"""Erasing a user from long-term memory, down to the last element of the store."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agent_memory.common.v1.erase_pb2 import ErasedSession
from agent_memory.common.v1.memory_pb2 import Memory, Provenance
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory import erasure
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.support.residue import everything, residue

ALICE = "alice liddell"
SECRET = "purple sealing wax"
TRACES = (ALICE, "purple", "alice")


@pytest_asyncio.fixture(loop_scope="module")
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """The service's store, whose tenants' leftovers of other tests name nobody here."""
    async with connect(redis_url) as client:
        yield client


async def erase(tenant: Tenant, *sessions: ErasedSession) -> dict[str, int]:
    """Erase the user; answers what went."""
    request = rpc.EraseUserRequest(user_id=ALICE, sessions=sessions)
    return dict((await tenant.call("EraseUser", request)).receipt.erased)


def of(user: str, text: str, uid: str = "", **fields: Any) -> Memory:
    """A memory of a user."""
    return Memory(user_id=user, text=text, provenance=Provenance(session_uid=uid), **fields)


async def live(tenant: Tenant, user: str, word: str) -> None:
    """Leave traces everywhere: memories, hidden ones, revisions, changes, answers."""
    await tenant.create(
        *(of(user, f"{word} {number}", id=f"{word[:3]}{number}") for number in range(5)),
        request_id=f"create-{word[:3]}",
    )
    await tenant.update(Memory(id=f"{word[:3]}0", text=f"{word} changed", pinned=True), "text")
    await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=[f"{word[:3]}1"]))
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=f"{word[:3]}0"))
    hidden = of(user, f"{word} hidden", id=f"{word[:3]}h", merged_into="other")
    await tenant.stub.ImportMemories(
        iter([rpc.ImportMemoriesRequest(memory=hidden)]),
        metadata=(("x-agent-memory-tenant", tenant.name),),
    )


async def test_nothing_of_an_erased_user_is_left(tenant: Tenant, redis: Redis) -> None:
    """No key and no byte of the store, and everything of others is as it was."""
    await live(tenant, ALICE, SECRET)
    await live(tenant, "bob", "turtles")
    before = await everything(redis)
    assert await residue(redis, *TRACES)
    erased = await erase(tenant)
    assert await residue(redis, *TRACES) == []
    gone = before - await everything(redis)
    assert [each for each in gone if b"turtles" in each or b"bob" in each] == []
    assert erased["memories"] == 5
    assert erased["former_memories"] == 1
    assert erased["answers"] == 1
    assert erased["changes"] >= 8
    assert not any((await erase(tenant)).values())
    assert (await tenant.list()).total_size == 4


async def test_a_memory_that_moved_keeps_what_the_new_owner_did(
    tenant: Tenant, redis: Redis
) -> None:
    """Its revisions before the move go, and those after stay."""
    await tenant.create(of(ALICE, SECRET, id="m"))
    await tenant.update(Memory(id="m", text=f"{SECRET}, twice"), "text")
    await tenant.update(Memory(id="m", user_id="bob", text="turtles"), "user_id", "text")
    await tenant.update(Memory(id="m", text="two turtles"), "text")
    await tenant.create(of(ALICE, "purple rain", id="n"))
    await tenant.update(Memory(id="n", user_id="bob", text="rain"), "user_id", "text")
    await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=["n"]))
    await erase(tenant)
    assert await residue(redis, *TRACES) == []
    request = rpc.ListMemoryRevisionsRequest(memory_id="m")
    [latest] = (await tenant.call("ListMemoryRevisions", request)).revisions
    assert (latest.before.text, latest.after.text) == ("turtles", "two turtles")


async def test_what_arrives_late_is_refused(tenant: Tenant, redis: Redis) -> None:
    """By creation and by import, of the erased sessions alone."""
    await erase(tenant, ErasedSession(session_uid="old"))
    late, early = of(ALICE, SECRET, "old"), of("bob", "turtles", "new")
    results = await tenant.create(late, early)
    assert [result.outcome for result in results] == [
        ltm.CREATE_OUTCOME_REJECTED,
        ltm.CREATE_OUTCOME_CREATED,
    ]
    assert "the session was erased" in results[0].error.message
    answer = await tenant.stub.ImportMemories(
        iter([rpc.ImportMemoriesRequest(memory=late)]),
        metadata=(("x-agent-memory-tenant", tenant.name),),
    )
    assert answer.rejected_count == 1
    assert await residue(redis, "purple") == []


async def test_nothing_else_of_a_named_session_is_refused(tenant: Tenant) -> None:
    """What another user has of it, and what names nobody, unless it had no owner at first."""
    await erase(tenant, ErasedSession(session_uid="shared"))
    await erase(tenant, ErasedSession(session_uid="late", owned_late=True))
    results = await tenant.create(
        of("bob", "turtles", "shared"), of("", "soup", "shared"), of("bob", "bread", "late")
    )
    assert {result.outcome for result in results} == {ltm.CREATE_OUTCOME_CREATED}
    [refused_] = await tenant.create(of("", "evening", "late"))
    assert refused_.outcome == ltm.CREATE_OUTCOME_REJECTED


async def test_what_names_nobody_goes_with_its_session(tenant: Tenant, redis: Redis) -> None:
    """Where the session got its owner late; and no other memory of nobody."""
    await tenant.create(
        of("", SECRET, "late"), of("", "purple rain", "late"), of("", "turtles", "other")
    )
    await erase(tenant, ErasedSession(session_uid="late"))
    assert (await tenant.list()).total_size == 3
    await erase(tenant, ErasedSession(session_uid="late", owned_late=True))
    assert await residue(redis, "purple") == []
    assert (await tenant.list()).total_size == 1


async def test_more_memories_than_a_page_are_erased(
    tenant: Tenant, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, and the user may begin anew."""
    monkeypatch.setattr(erasure, "_PAGE", 20)
    await tenant.create(*(of(ALICE, f"{SECRET} {number}") for number in range(53)))
    assert (await erase(tenant))["memories"] == 53
    assert await residue(redis, *TRACES) == []
    [result] = await tenant.create(of(ALICE, f"{SECRET} 1"))
    assert result.outcome == ltm.CREATE_OUTCOME_CREATED
    await erase(tenant)


@pytest.mark.parametrize("user", ["bob", ""])
async def test_only_whom_the_request_names_is_erased(tenant: Tenant, user: str) -> None:
    """Another user's memories stay; nobody at all cannot be erased."""
    await tenant.create(of("carol", "turtles"))
    if user:
        await tenant.call("EraseUser", rpc.EraseUserRequest(user_id=user))
    else:
        with refused() as refusal:
            await tenant.call("EraseUser", rpc.EraseUserRequest(user_id=user))
        assert refusal.reason == "INVALID_FIELD"
    assert (await tenant.list()).total_size == 1
