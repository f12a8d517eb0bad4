"""Memories placed in a session."""

import asyncio

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.working_memory.domain.session import ANYBODY, Actor, SessionKey
from agent_memory_services.working_memory.sessions.sessions import Sessions
from tests.integration.working_memory.speech import ALL, said, submissions, wanted


async def add(
    sessions: Sessions,
    key: SessionKey,
    *memories: Memory,
    replaces: bool = False,
    request_id: str = "",
) -> list[Memory]:
    """Place memories."""
    placed, _ = await sessions.add_memories(
        key, memories, ANYBODY, replaces=replaces, etag="", request_id=request_id
    )
    return placed


async def handed_over(redis: Redis) -> list[Memory]:
    """Every memory in the outboxes."""
    return [memory for request in await submissions(redis) for memory in request.memories]


async def test_memories_get_the_sessions_scope_and_go_over_once(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Empty namespace, user and session are filled in; what says otherwise stays."""
    await sessions.get_or_create(key, Actor("alice"), ALL)
    given = [Memory(text="likes tea"), Memory(id="m", text="x", namespace="other", user_id="bob")]
    placed = await add(sessions, key, *given)
    tea, other = placed
    assert (tea.namespace, tea.user_id, tea.session_id) == ("chat", "alice", "s1")
    assert (other.namespace, other.user_id, other.session_id) == ("other", "bob", "s1")
    assert len(tea.id) == 26
    assert await add(sessions, key, *given) == placed
    assert list((await sessions.get(key, ANYBODY, ALL)).memories) == placed
    assert await handed_over(redis) == placed


async def test_an_id_with_new_content_goes_over_again(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Each id and content once, even when a replacement took them away in between."""
    await add(sessions, key, Memory(id="m", text="one"))
    await add(sessions, key, Memory(id="n", text="other"), replaces=True)
    await add(sessions, key, Memory(id="m", text="one"))
    await add(sessions, key, Memory(id="m", text="two"))
    assert [m.text for m in await handed_over(redis)] == ["one", "other", "two"]
    assert [m.text for m in (await sessions.get(key, ANYBODY, ALL)).memories] == ["other", "two"]


async def test_set_replaces_memories_and_keeps_their_ids(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Setting the same memories every turn hands them over once."""
    memory = Memory(text="has an MBA")
    first, _ = await sessions.set(key, *wanted(memories=[memory, memory]), etag="", request_id="")
    second, _ = await sessions.set(
        key, *wanted(said("hi"), memories=[memory]), etag="", request_id=""
    )
    assert first.memories == second.memories
    assert len(await handed_over(redis)) == 1
    third, _ = await sessions.set(key, *wanted(), etag="", request_id="")
    assert third.memories == ()


async def test_a_repeated_call_names_its_memories_the_same(
    sessions: Sessions, key: SessionKey
) -> None:
    """With a request id the ids depend on it, not on what came between."""
    (first,) = await add(sessions, key, Memory(text="a"), request_id="r")
    await add(sessions, key, Memory(text="b"), replaces=True)
    (again,) = await add(sessions, key, Memory(text="a"), request_id="r")
    assert first == again


async def test_the_none_strategy_still_hands_memories_over(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """The strategy is about messages."""
    silent = ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_NONE)
    memories = [Memory(id="m", text="a")]
    await sessions.set(
        key, *wanted(said("x"), memories=memories, extraction=silent), etag="", request_id=""
    )
    (request,) = await submissions(redis)
    assert not request.messages
    assert [m.id for m in request.memories] == ["m"]


async def test_eight_writers_place_all_their_memories(sessions: Sessions, key: SessionKey) -> None:
    """Nobody's memory is lost to another's."""
    await asyncio.gather(
        *(add(sessions, key, Memory(id=str(i), text=f"fact {i}")) for i in range(8))
    )
    session = await sessions.get(key, ANYBODY, ALL)
    assert sorted(m.id for m in session.memories) == list(map(str, range(8)))


@pytest.mark.parametrize(
    ("memories", "field"),
    [
        ([Memory(text="a"), Memory(id="x")], "memories[1].text"),
        ([Memory(id="x", text="a"), Memory(id="x", text="b")], "memories[1].id"),
    ],
)
async def test_bad_memories_are_refused_with_their_path(
    sessions: Sessions, key: SessionKey, memories: list[Memory], field: str
) -> None:
    """A memory without text could never be stored; one id is one memory."""
    with pytest.raises(InvalidField) as refused:
        await add(sessions, key, *memories)
    assert refused.value.violations[0].field == field
