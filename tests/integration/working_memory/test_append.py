"""Appending to a session."""

import asyncio

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message, ToolCall
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.kit.contract.errors import EtagMismatch, IdAlreadyExists, OwnerMismatch
from agent_memory_services.working_memory.domain.session import ANYBODY, Actor, SessionKey, Written
from agent_memory_services.working_memory.sessions.sessions import Sessions
from tests.integration.working_memory.speech import (
    ALL,
    contents,
    said,
    submissions,
    submitted,
    wanted,
)


async def append(
    sessions: Sessions,
    key: SessionKey,
    *messages: Message,
    user: str = "",
    etag: str = "",
    request_id: str = "",
) -> tuple[list[Message], Written]:
    """Append with what an ordinary call leaves out left out."""
    return await sessions.append(key, messages, Actor(user), etag=etag, request_id=request_id)


async def test_messages_join_view_log_and_outbox(
    sessions: Sessions, key: SessionKey, redis: Redis, grown: list[int]
) -> None:
    """An append creates the session, numbers its messages, and hands them over whole."""
    spoken = [
        said("look", create_time={"seconds": 7}),
        said("", "assistant", tool_calls=[ToolCall(id="c", name="f", arguments="{}")]),
        said("found", "tool", tool_call_id="c", name="f", recalled=True),
    ]
    messages, written = await append(sessions, key, *spoken, user="alice")
    assert [m.sequence for m in messages] == [1, 2, 3]
    assert all(len(m.id) == 26 for m in messages)
    assert messages[0].create_time.seconds == 7
    assert messages[1].create_time.seconds > 1_700_000_000
    assert (written.is_new, written.new_messages, written.last_sequence) == (True, 3, 3)
    session = await sessions.get(key, Actor("alice"), ALL)
    assert [item.message for item in session.shown] == messages
    assert session.tokens == sum(item.entry.tokens for item in session.shown) > 0
    (request,) = await submissions(redis)
    assert list(request.messages) == messages
    assert (request.session.namespace, request.session.session_id) == ("chat", "s1")
    assert (request.session_uid, request.user_id) == (session.uid, "alice")
    assert len(grown) == 1


async def test_a_message_in_the_log_is_left_as_it_is(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """The same id with the same content is the same message, inside one call too."""
    (first,), before = await append(sessions, key, said("a", id="1"))
    again, after = await append(
        sessions, key, said("a", id="1"), said("b", id="2"), said("b", id="2")
    )
    assert again[0] == first
    assert [m.sequence for m in again] == [1, 2, 2]
    assert after.new_messages == 1
    assert contents(await sessions.get(key, ANYBODY, ALL)) == ["a", "b"]
    assert await submitted(redis) == [(1, "a"), (2, "b")]
    _, idle = await append(sessions, key, said("a", id="1"))
    assert idle.etag == after.etag != before.etag


@pytest.mark.parametrize("other", [said("x", id="1"), said("a", "assistant", id="1")])
async def test_an_id_with_other_content_refuses_the_whole_call(
    sessions: Sessions, key: SessionKey, redis: Redis, other: Message
) -> None:
    """Nothing is stored of a call with one conflicting id."""
    await append(sessions, key, said("a", id="1"))
    with pytest.raises(IdAlreadyExists) as refused:
        await append(sessions, key, said("new"), other)
    assert refused.value.metadata == {"id": "1"}
    assert contents(await sessions.get(key, ANYBODY, ALL)) == ["a"]
    assert len(await submitted(redis)) == 1


async def test_a_repeated_call_names_its_messages_the_same(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """With a request id, running a call twice adds its messages once."""
    first, _ = await append(sessions, key, said("a"), said("a"), request_id="r")
    again, written = await append(sessions, key, said("a"), said("a"), request_id="r")
    assert first == again
    assert first[0].id != first[1].id
    assert written.new_messages == 0
    assert await submitted(redis) == [(1, "a"), (2, "a")]


async def test_eight_writers_lose_nothing_and_share_no_number(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Writers at the same time get a log without gaps, in the order of each of them."""

    async def write(writer: int) -> None:
        for turn in range(20):
            await append(sessions, key, said(f"{writer}.{turn}"), user="alice")

    await asyncio.gather(*map(write, range(8)))
    session = await sessions.get(key, ANYBODY, ALL)
    assert [item.entry.sequence for item in session.shown] == list(range(1, 161))
    for writer in range(8):
        mine = [c for c in contents(session) if c.startswith(f"{writer}.")]
        assert mine == [f"{writer}.{turn}" for turn in range(20)]
    assert await submitted(redis) == [
        (item.entry.sequence, item.message.content) for item in session.shown
    ]


async def test_the_owner_is_set_once(sessions: Sessions, key: SessionKey) -> None:
    """Repeating and omitting the owner is fine; another one is refused."""
    await append(sessions, key, said("a"))
    await append(sessions, key, said("b"), user="alice")
    await append(sessions, key, said("c"))
    await append(sessions, key, said("d"), user="alice")
    with pytest.raises(OwnerMismatch):
        await append(sessions, key, said("e"), user="bob")
    session = await sessions.get(key, Actor("alice"), ALL)
    assert (session.user, contents(session)) == ("alice", ["a", "b", "c", "d"])


async def test_an_etag_guards_an_append(sessions: Sessions, key: SessionKey) -> None:
    """Only the current etag is taken, and the refusal tells it."""
    _, first = await append(sessions, key, said("a"))
    _, second = await append(sessions, key, said("b"), etag=first.etag)
    with pytest.raises(EtagMismatch) as refused:
        await append(sessions, key, said("c"), etag=first.etag)
    assert refused.value.metadata == {"current_etag": second.etag}
    with pytest.raises(EtagMismatch):
        await append(sessions, SessionKey("acme", "", "none"), said("c"), etag=first.etag)


async def test_the_none_strategy_keeps_messages_to_the_log(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Without a strategy no message is handed over, only which ones extraction shall not expect."""
    silent = ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_NONE)
    await sessions.set(key, *wanted(said("a"), extraction=silent), etag="", request_id="")
    await append(sessions, key, said("b"))
    assert contents(await sessions.get(key, ANYBODY, ALL)) == ["a", "b"]
    told = await submissions(redis)
    assert [list(request.messages) for request in told] == [[], []]
    assert [(r.first_withheld_sequence, r.last_withheld_sequence) for r in told] == [(1, 1), (2, 2)]


async def test_the_none_strategy_hands_over_what_is_to_be_found(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Where the session says so, extraction gets the messages, to store them as they are."""
    found = ExtractionConfig(
        strategy=ExtractionStrategy.EXTRACTION_STRATEGY_NONE, index_messages=True
    )
    await sessions.set(key, *wanted(said("a"), extraction=found), etag="", request_id="")
    await append(sessions, key, said("b"))
    told = await submissions(redis)
    assert [[each.content for each in request.messages] for request in told] == [["a"], ["b"]]
    assert {request.extraction.index_messages for request in told} == {True}
    assert {request.last_withheld_sequence for request in told} == {0}


async def test_the_sessions_configuration_goes_with_its_messages(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """What was set once is handed over with every later append."""
    config = ExtractionConfig(
        strategy=ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM, custom_prompt="pets only"
    )
    await sessions.set(
        key, *wanted(extraction=config, time_zone="Europe/Berlin"), etag="", request_id=""
    )
    await append(sessions, key, said("b"))
    (request,) = await submissions(redis)
    assert request.extraction == config
    assert request.time_zone == "Europe/Berlin"


async def test_large_appends_are_handed_over_in_portions(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """No entry grows far beyond a megabyte, and the order stays."""
    await append(sessions, key, *(said("x" * 200_000, id=str(i)) for i in range(20)))
    requests = await submissions(redis)
    assert len(requests) > 1
    assert all(request.ByteSize() < 1_300_000 for request in requests)
    assert [m.id for request in requests for m in request.messages] == list(map(str, range(20)))


async def test_a_long_history_does_not_slow_an_append(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """The store runs as many commands for the ten thousandth message as for the tenth."""

    async def commands() -> int:
        stats = await redis.info("commandstats")
        return sum(stat["calls"] for stat in stats.values())

    async def cost() -> int:
        before = await commands()
        await append(sessions, key, said("x"))
        return await commands() - before

    await append(sessions, key, said("first"))
    early = await cost()
    for _ in range(10):
        await append(sessions, key, *(said("y") for _ in range(1000)))
    assert await cost() == early


async def test_what_waits_of_a_session_that_is_forgotten_is_withdrawn(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """It is handed over no more; a session that is only deleted is."""
    other = SessionKey("acme", "chat", "other")
    for each in (key, other):
        await append(sessions, each, said(f"in {each.session_id}"))
    assert (await sessions.delete(key, ANYBODY, etag="", forget=True)).deleted
    assert (await sessions.delete(other, ANYBODY, etag="")).deleted
    assert await submitted(redis) == [(1, "in other")]
