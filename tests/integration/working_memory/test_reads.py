"""Reading a session and its log."""

import asyncio

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import ToolCall
from agent_memory_services.kit.contract.errors import SessionNotFound
from agent_memory_services.working_memory.domain.session import ANYBODY, Actor, LogSlice, SessionKey
from agent_memory_services.working_memory.domain.windows import Limits, latest
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.store.records import SessionAddress
from agent_memory_services.working_memory.store.sessions import SessionStore
from tests.integration.working_memory.speech import ALL, PARTITIONS, contents, said


@pytest.fixture
async def spoken(sessions: Sessions, key: SessionKey) -> int:
    """A session of 600 messages with a tool exchange in every fifth turn; answers how many."""
    messages = []
    for turn in range(120):
        calls = [ToolCall(id=f"{turn}.{i}", name="f", arguments="{}") for i in range(2)]
        messages += [
            said(f"question {turn}"),
            said("", "assistant", tool_calls=calls),
            *(said("found", "tool", tool_call_id=call.id) for call in calls),
            said(f"answer {turn}", "assistant"),
        ]
    await sessions.append(key, messages, Actor("alice"), etag="", request_id="")
    return len(messages)


@pytest.mark.parametrize(
    "limits",
    [
        *(Limits(messages=n) for n in (1, 2, 3, 4, 5, 6, 127, 128, 129, 599, 600, 601)),
        *(Limits(tokens=n) for n in (1, 10, 40, 50, 1000, 1_000_000)),
        Limits(messages=7, tokens=30),
    ],
    ids=str,
)
async def test_a_limited_read_is_the_end_of_a_whole_one(
    sessions: Sessions, key: SessionKey, spoken: int, limits: Limits
) -> None:
    """What is fetched within limits is cut exactly as the whole view would be."""
    whole = await sessions.get(key, ANYBODY, ALL)
    assert len(whole.shown) == whole.view_size == spoken
    limited = await sessions.get(key, ANYBODY, limits)
    assert list(limited.shown) == list(latest(whole.shown, limits))
    assert (limited.view_size, limited.tokens) == (whole.view_size, whole.tokens)


@pytest.mark.usefixtures("spoken")
async def test_a_limited_read_fetches_little(store: SessionStore, key: SessionKey) -> None:
    """The store hands out an exchange more than asked for, not the history."""
    session = await store.read(key, Limits(messages=5))
    assert session is not None
    assert 5 < len(session.shown) <= 10


async def test_a_view_of_several_parts_is_read_whole_and_at_one_moment(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Each script reads a part; whoever was overtaken by a writer begins anew."""
    for batch in range(5):
        messages = [said(f"{batch}.{number}") for number in range(1000)]
        await sessions.append(key, messages, ANYBODY, etag="", request_id="")
    await sessions.get(key, ANYBODY, ALL)  # The store knows the script from here on.
    scripts = await _scripts_run(redis)
    whole = await sessions.get(key, ANYBODY, ALL)
    assert await _scripts_run(redis) - scripts == 3
    assert [shown.message.sequence for shown in whole.shown] == list(range(1, 5001))
    for limits in (Limits(messages=2047), Limits(messages=2048), Limits(tokens=whole.tokens - 1)):
        limited = await sessions.get(key, ANYBODY, limits)
        assert list(limited.shown) == list(latest(whole.shown, limits))

    async def write() -> None:
        for number in range(20):
            await sessions.append(key, [said(str(number))], ANYBODY, etag="", request_id="")

    writing = asyncio.create_task(write())
    while not writing.done():
        session = await sessions.get(key, ANYBODY, ALL)
        assert len(session.shown) == session.view_size == session.last_sequence
    await writing


async def test_the_log_is_read_in_stretches_both_ways(
    sessions: Sessions, key: SessionKey, spoken: int
) -> None:
    """Following `next_start` visits every position once, in order."""
    for descending in (False, True):
        seen: list[int] = []
        start: int | None = None
        while True:
            stretch = LogSlice(start, 77, after=10, descending=descending)
            if start is None and not descending:
                stretch = LogSlice(11, 77, after=10)
            page = await sessions.log(key, ANYBODY, stretch)
            assert page.last_sequence == spoken
            seen += [message.sequence for message in page.within(stretch)]
            if (start := page.next_start(stretch)) is None:
                break
        expected = list(range(11, spoken + 1))
        assert seen == (expected[::-1] if descending else expected)


async def test_the_log_keeps_what_the_view_dropped(
    sessions: Sessions, key: SessionKey, spoken: int
) -> None:
    """Everything that was ever accepted is in the log."""
    await sessions.append(key, [said("last")], ANYBODY, etag="", request_id="")
    page = await sessions.log(key, Actor("alice"), LogSlice(spoken + 1, 10))
    assert [message.content for message in page.messages] == ["last"]
    with pytest.raises(SessionNotFound):
        await sessions.log(key, Actor("bob"), LogSlice(1, 10))


async def test_an_empty_session_reads_as_empty(sessions: Sessions, key: SessionKey) -> None:
    """A session without a message has an empty view and an empty log."""
    await sessions.get_or_create(key, ANYBODY, ALL)
    session = await sessions.get(key, ANYBODY, Limits(1, 1))
    assert (contents(session), session.tokens, session.last_sequence) == ([], 0, 0)
    for descending in (False, True):
        stretch = LogSlice(None, 5, descending=descending)
        page = await sessions.log(key, ANYBODY, stretch)
        assert (page.messages, page.next_start(stretch)) == ((), None)


async def _scripts_run(redis: Redis) -> int:
    """How many scripts the store has run."""
    stats = await redis.info("commandstats")
    return sum(
        stats[name]["calls"] for name in ("cmdstat_evalsha", "cmdstat_eval") if name in stats
    )


async def test_a_message_of_the_log_is_numbered_by_its_position(
    sessions: Sessions, store: SessionStore, key: SessionKey, redis: Redis
) -> None:
    """A later release writes it without a number of its own; whoever reads it finds one."""
    messages = [said(str(number), id=f"m{number}") for number in range(1, 6)]
    await sessions.append(key, messages, ANYBODY, etag="", request_id="")
    log = SessionAddress.of(key, PARTITIONS).parts.log
    for number, message in enumerate(messages, 1):
        await redis.hset(log, str(number), message.SerializeToString())
    whole = await sessions.get(key, ANYBODY, ALL)
    assert [item.message.sequence for item in whole.shown] == [1, 2, 3, 4, 5]
    for descending in (False, True):
        for start in (None, 2, 4):
            page = await sessions.log(key, ANYBODY, LogSlice(start, 2, descending=descending))
            assert [f"{each.sequence}" for each in page.messages] == [
                each.content for each in page.messages
            ]
    again, _ = await sessions.append(key, messages[1:3], ANYBODY, etag="", request_id="")
    assert [message.sequence for message in again] == [2, 3]
    assert await store.read(key) == whole


async def test_many_memories_are_read_in_lots(
    sessions: Sessions, store: SessionStore, key: SessionKey, redis: Redis
) -> None:
    """Each comes once, in the order in which they were placed; nobody waits for all of them."""
    placed = [Memory(id=f"memory {number}", text=f"Likes {number}.") for number in range(1500)]
    for start in range(0, len(placed), 500):
        lot = placed[start : start + 500]
        await sessions.add_memories(key, lot, ANYBODY, replaces=False, etag="", request_id="")
    before = await _scripts_run(redis)
    session = await store.read(key)
    assert session is not None
    assert [memory.id for memory in session.memories] == [memory.id for memory in placed]
    assert await _scripts_run(redis) - before >= 3
    bare = await store.read(key, with_memories=False)
    assert bare is not None
    assert bare.memories == ()
