"""What a credential that is bound to users or namespaces reaches."""

from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.scope import require_namespace
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.errors import AccessDenied, OwnerMismatch, SessionNotFound
from agent_memory_services.working_memory.domain.session import (
    ANYBODY,
    Actor,
    LogSlice,
    SessionKey,
    reachable,
)
from agent_memory_services.working_memory.sessions.sessions import Revision, Sessions
from agent_memory_services.working_memory.store.listings import Listings
from tests.integration.working_memory.speech import ALL, said, submissions, wanted

ALICES = Actor.of(
    Principal("acme", "key", Access.ACCESS_WRITER, frozenset({"alice"}), frozenset({"chat"})), ""
)
SEVERAL = Actor.of(
    Principal("acme", "key", Access.ACCESS_WRITER, frozenset({"alice", "carol"})), ""
)


async def every_write(
    sessions: Sessions, key: SessionKey, actor: Actor
) -> AsyncIterator[Coroutine[Any, Any, object]]:
    """Each kind of write, to be awaited one by one."""
    yield sessions.append(key, [said("x")], actor, etag="", request_id="")
    yield sessions.set(key, wanted(said("x"))[0], actor, etag="", request_id="")
    yield sessions.add_memories(
        key, [Memory(text="x")], actor, replaces=False, etag="", request_id=""
    )
    yield sessions.update(key, lambda s: Revision(s.user, s.state), actor, etag="")
    yield sessions.get_or_create(key, actor, ALL)
    yield sessions.delete(key, actor, etag="")


@pytest.mark.parametrize("owner", ["bob", ""])
@pytest.mark.parametrize("actor", [ALICES, SEVERAL])
async def test_sessions_of_others_and_of_nobody_are_out_of_reach(
    sessions: Sessions, key: SessionKey, redis: Redis, owner: str, actor: Actor
) -> None:
    """They are not found, not written, and not claimed by naming a user."""
    await sessions.append(key, [said("secret")], Actor(owner), etag="", request_id="")
    with pytest.raises(SessionNotFound):
        await sessions.get(key, actor, ALL)
    with pytest.raises(SessionNotFound):
        await sessions.log(key, actor, LogSlice(1, 10))
    async for write in every_write(sessions, key, actor):
        with pytest.raises(OwnerMismatch):
            await write
    session = await sessions.get(key, ANYBODY, ALL)
    assert (session.user, len(session.shown), len(await submissions(redis))) == (owner, 1, 1)


async def test_the_only_user_need_not_be_named(sessions: Sessions, key: SessionKey) -> None:
    """A credential of one user creates and finds that user's sessions."""
    session, created = await sessions.get_or_create(key, ALICES, ALL)
    assert (session.user, created) == ("alice", True)
    await sessions.append(key, [said("x")], ALICES, etag="", request_id="")
    assert len((await sessions.get(key, SEVERAL, ALL)).shown) == 1


async def test_one_of_several_users_has_to_be_named(sessions: Sessions, key: SessionKey) -> None:
    """A session of nobody cannot be created by somebody who could not see it."""
    async for write in every_write(sessions, key, SEVERAL):
        if write.__name__ in ("update", "delete"):  # type: ignore[attr-defined] # coroutines have names
            write.close()
            continue
        with pytest.raises(AccessDenied):
            await write
    with pytest.raises(SessionNotFound):
        await sessions.get(key, ANYBODY, ALL)


@pytest.mark.parametrize(
    "memory", [Memory(text="x", user_id="bob"), Memory(text="x", namespace="")]
)
async def test_a_memory_is_placed_only_where_the_credential_reaches(
    sessions: Sessions, key: SessionKey, redis: Redis, memory: Memory
) -> None:
    """A session is no way to write memories of others."""
    foreign = Memory()
    foreign.CopyFrom(memory)
    foreign.namespace = memory.namespace or ("other" if not memory.user_id else "chat")
    with pytest.raises(AccessDenied):
        await sessions.add_memories(key, [foreign], ALICES, replaces=False, etag="", request_id="")
    with pytest.raises(AccessDenied):
        await sessions.set(key, *wanted(memories=[foreign])[:1], ALICES, etag="", request_id="")
    assert await submissions(redis) == []


async def test_a_listing_covers_what_is_reached(sessions: Sessions, listings: Listings) -> None:
    """All of several users and namespaces, in one order, with a true total."""
    for index in range(12):
        key = SessionKey("acme", ("chat", "work", "home")[index % 3], f"s{index}")
        user = ("alice", "bob", "", "carol")[index % 4]
        await sessions.append(key, [said("x")], Actor(user), etag="", request_id="")
    page = await listings.page(
        "acme",
        namespaces=reachable(None, frozenset({"chat", "work"}), "namespace"),
        users=reachable(None, SEVERAL.users, "user"),
        after=None,
        count=3,
    )
    assert [s.session_id for s in page.sessions] == ["s7", "s4", "s3"]
    assert page.total == 4
    nothing = await listings.page("acme", namespaces=[None], users=[], after=None, count=3)
    assert (nothing.sessions, nothing.total) == ((), 0)


def test_names_beyond_the_credential_are_denied() -> None:
    """Asking for another user or namespace is refused before anything is looked up."""
    bound = Principal("acme", "key", Access.ACCESS_READER, frozenset({"a"}), frozenset({"n"}))
    with pytest.raises(AccessDenied):
        Actor.of(bound, "b")
    with pytest.raises(AccessDenied):
        require_namespace(bound, "")
    with pytest.raises(AccessDenied):
        reachable("", bound.namespaces, "namespace")
    assert Actor.of(bound, "a").user == "a"
    assert reachable("n", bound.namespaces, "namespace") == ["n"]
