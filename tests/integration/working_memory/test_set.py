"""Setting, updating and deleting sessions."""

import asyncio
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.errors import (
    EtagMismatch,
    InvalidField,
    OwnerMismatch,
    SessionNotFound,
)
from agent_memory_services.working_memory.domain.session import (
    ANYBODY,
    Actor,
    Session,
    SessionKey,
    State,
)
from agent_memory_services.working_memory.sessions.sessions import Revision, Sessions
from tests.integration.working_memory.speech import ALL, contents, said, submitted, wanted
from tests.support.raw import raw


async def set_to(
    sessions: Sessions, key: SessionKey, *messages: Message, **fields: Any
) -> tuple[Session, int]:
    """Set a session's view."""
    etag = fields.pop("etag", "")
    session, happened = await sessions.set(
        key, *wanted(*messages, **fields), etag=etag, request_id=""
    )
    return session, happened.new_messages


@pytest.mark.parametrize(
    ("after", "taken_back"),
    [
        ("abcd", ""),
        ("abc", "d"),
        ("abx", "cd"),
        ("axc", "d"),
        ("cd", ""),
        ("sx", ""),
        ("sd", ""),
        ("", ""),
        ("x", ""),
        ("abxc", "d"),
    ],
)
async def test_messages_after_the_last_that_stays_are_taken_back(
    sessions: Sessions, key: SessionKey, after: str, taken_back: str
) -> None:
    """A view that is cut at its beginning, or begun anew, takes nothing back."""

    def view(names: str) -> list[Message]:
        return [said(name, "system" if name == "s" else "user", id=name) for name in names]

    await set_to(sessions, key, *view("sabcd"))
    _, happened = await sessions.set(key, *wanted(*view(after)), etag="", request_id="")
    assert "".join(happened.taken_back) == taken_back


async def test_turns_set_one_after_the_other_are_all_handed_over(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Replacing the view loses no turn, and repeating it hands nothing over twice."""
    turns = [[said("a"), said("b", "assistant")], [said("c"), said("d", "assistant")]]
    for turn in turns:
        session, new = await set_to(sessions, key, *turn, user="alice")
        assert (contents(session), new) == ([m.content for m in turn], 2)
    again, new = await set_to(sessions, key, *turns[1])
    assert (contents(again), new, again.last_sequence) == (["c", "d"], 0, 4)
    assert await submitted(redis) == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


async def test_the_answer_of_a_write_is_what_a_read_finds(
    sessions: Sessions, key: SessionKey
) -> None:
    """What set and update answer is the stored session, to the last field."""
    data = ParseDict({"step": 2, "deep": {"list": [1, None]}}, Struct())
    await set_to(sessions, key, said("a", id="1"), said("b"), user="alice")
    session, _ = await set_to(
        sessions, key, said("b"), said("new"), data=data, context="so far", ttl=60_000_000
    )
    assert session == await sessions.get(key, ANYBODY, ALL)
    updated = await sessions.update(
        key, lambda s: Revision(s.user, State(context="other")), ANYBODY, etag=""
    )
    assert updated == await sessions.get(key, ANYBODY, ALL)
    assert updated.expires is None


async def test_a_grown_history_adds_only_what_is_new(sessions: Sessions, key: SessionKey) -> None:
    """Sending everything each time finds what is there, ids and times included."""
    first, _ = await set_to(sessions, key, said("hi"), said("ok"))
    second, new = await set_to(sessions, key, said("hi"), said("ok"), said("ok"), said("bye"))
    assert new == 2
    assert second.shown[:2] == first.shown
    assert [item.entry.sequence for item in second.shown] == [1, 2, 3, 4]


async def test_a_message_that_left_the_view_can_come_back_by_its_id(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """The log knows its messages by id, whether they are in view or not."""
    await set_to(sessions, key, said("a", id="1"))
    await set_to(sessions, key, said("b", id="2"))
    back, new = await set_to(sessions, key, said("a", id="1"), said("b", id="2"))
    assert (new, [item.entry.sequence for item in back.shown]) == (0, [1, 2])
    assert len(await submitted(redis)) == 2


async def test_an_edited_message_joins_the_log_beside_the_old(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """An id with new content is shown anew, and handed over anew."""
    await set_to(sessions, key, said("teh", id="1"))
    session, new = await set_to(sessions, key, said("the", id="1"))
    assert (contents(session), new, session.last_sequence) == (["the"], 1, 2)
    assert await submitted(redis) == [(1, "teh"), (2, "the")]


async def test_an_id_may_come_twice_only_with_one_content(
    sessions: Sessions, key: SessionKey
) -> None:
    """Twice the same message is one; two messages of one id are refused with the path."""
    session, _ = await set_to(sessions, key, said("a", id="1"), said("a", id="1"))
    assert contents(session) == ["a"]
    with pytest.raises(InvalidField) as refused:
        await set_to(sessions, key, said("a", id="1"), said("b", id="1"))
    assert refused.value.violations[0].field == "working_memory.messages[1].id"


async def test_set_replaces_state_and_keeps_the_owner(sessions: Sessions, key: SessionKey) -> None:
    """Absent fields are cleared; the owner is not a field that a caller can clear."""
    data = ParseDict({"a": 1}, Struct())
    await set_to(sessions, key, user="alice", data=data, context="x", ttl=5_000_000)
    session, _ = await set_to(sessions, key)
    assert (session.state, session.user, session.expires) == (State(), "alice", None)
    with pytest.raises(OwnerMismatch):
        await set_to(sessions, key, user="bob")


async def test_eight_setters_all_reach_the_log(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Setters at the same time replace each other's views and lose nobody's messages."""
    await asyncio.gather(*(set_to(sessions, key, said(f"from {i}")) for i in range(8)))
    assert sorted(c for _, c in await submitted(redis)) == [f"from {i}" for i in range(8)]
    assert len(contents(await sessions.get(key, ANYBODY, ALL))) == 1


async def test_setters_and_appenders_at_once_keep_the_log_whole(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Whatever comes between plan and write, every message has its number once."""

    async def set_and_append(writer: int) -> None:
        await set_to(sessions, key, said(f"set {writer}"))
        await sessions.append(key, [said(f"add {writer}")], ANYBODY, etag="", request_id="")

    await asyncio.gather(*map(set_and_append, range(8)))
    numbers, texts = zip(*await submitted(redis), strict=True)
    assert sorted(numbers) == list(range(1, 17))
    assert len(set(texts)) == 16


async def test_an_etag_guards_every_write(sessions: Sessions, key: SessionKey) -> None:
    """A stale etag is refused by each kind of write."""
    old, _ = await set_to(sessions, key, said("a"))
    await set_to(sessions, key, said("b"), etag=old.etag)
    writes = [
        lambda: set_to(sessions, key, said("c"), etag=old.etag),
        lambda: sessions.delete(key, ANYBODY, etag=old.etag),
        lambda: sessions.update(key, lambda s: Revision("", s.state), ANYBODY, etag=old.etag),
        lambda: sessions.add_memories(
            key, [], ANYBODY, replaces=True, etag=old.etag, request_id=""
        ),
    ]
    for write in writes:
        with pytest.raises(EtagMismatch):
            await write()
    assert contents(await sessions.get(key, ANYBODY, ALL)) == ["b"]


async def test_a_deleted_session_begins_anew(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Nothing is left but the outbox; a new incarnation has another uid and other etags."""
    old, _ = await set_to(sessions, key, said("a", id="1"), user="alice", ttl=60_000_000)
    assert (await sessions.delete(key, Actor("alice"), etag=old.etag)).deleted
    assert not (await sessions.delete(key, Actor("bob"), etag="")).deleted
    left = {name.split(b":")[-1] for name in await raw(redis).keys("am:wm:{p*")}
    assert left == {b"outbox", b"changes"}
    new, count = await set_to(sessions, key, said("other", id="1"), user="bob")
    assert (count, new.last_sequence) == (1, 1)
    assert new.uid != old.uid
    assert new.version > old.version
    assert len(await submitted(redis)) == 2


async def test_another_user_neither_sees_nor_deletes(sessions: Sessions, key: SessionKey) -> None:
    """Reads answer not found; writes are refused."""
    await set_to(sessions, key, said("a"), user="alice")
    with pytest.raises(SessionNotFound):
        await sessions.get(key, Actor("bob"), ALL)
    with pytest.raises(OwnerMismatch):
        await sessions.delete(key, Actor("bob"), etag="")
    with pytest.raises(OwnerMismatch):
        await sessions.get_or_create(key, Actor("bob"), ALL)
    with pytest.raises(OwnerMismatch):
        await sessions.update(key, lambda s: Revision("bob", s.state), ANYBODY, etag="")


async def test_get_or_create_never_changes_what_exists(sessions: Sessions, key: SessionKey) -> None:
    """It creates once, whoever comes first, and adds an owner where there is none."""
    found = await asyncio.gather(*(sessions.get_or_create(key, ANYBODY, ALL) for _ in range(8)))
    assert sum(created for _, created in found) == 1
    assert len({session.uid for session, _ in found}) == 1
    before, _ = await set_to(sessions, key, said("a"), context="x", ttl=60_000_000)
    same, created = await sessions.get_or_create(key, ANYBODY, ALL)
    assert (same, created) == (before, False)
    owned, _ = await sessions.get_or_create(key, Actor("alice"), ALL)
    assert owned == await sessions.get(key, ANYBODY, ALL)
    assert (owned.user, contents(owned), owned.state) == ("alice", ["a"], before.state)


async def test_update_needs_a_session(sessions: Sessions, key: SessionKey) -> None:
    """What does not exist cannot be changed in part."""
    with pytest.raises(SessionNotFound):
        await sessions.update(key, lambda s: Revision("", s.state), ANYBODY, etag="")


async def test_an_unknown_time_zone_is_refused(sessions: Sessions, key: SessionKey) -> None:
    """Dates could never be resolved in it."""
    for name in ("Mars/Olympus", "../etc/passwd", "x" * 60):
        with pytest.raises(InvalidField) as refused:
            await set_to(sessions, key, time_zone=name)
        assert refused.value.violations[0].field == "working_memory.time_zone"
