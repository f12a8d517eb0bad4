"""The rules of sessions over a real store."""

from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.working_memory.session import SessionKey, State
from agent_memory_services.working_memory.sessions import Sessions, Wanted
from agent_memory_services.working_memory.windows import Limits
from tests.integration.working_memory.conftest import PARTITIONS, said

ALL = Limits()


async def submissions(redis: Redis) -> list[SubmitMessagesRequest]:
    """Everything in the outboxes, partition by partition."""
    found = []
    for partition in range(PARTITIONS):
        for _, fields in await redis.xrange(f"am:wm:{{p{partition:02d}}}:outbox"):
            assert fields[b"tenant"] == b"acme"
            found.append(SubmitMessagesRequest.FromString(fields[b"request"]))
    return found


async def test_appended_messages_join_view_log_and_outbox(
    sessions: Sessions, key: SessionKey, redis: Redis, grown: object
) -> None:
    """An append to a session that does not exist creates it and hands its messages over."""
    messages, written = await sessions.append(
        key, [said("hello"), said("hi", "assistant")], user="alice", etag="", request_id=""
    )
    assert [m.sequence for m in messages] == [1, 2]
    assert written.is_new
    session = await sessions.get(key, "alice", ALL)
    assert [s.message for s in session.shown] == messages
    assert session.tokens == sum(s.entry.tokens for s in session.shown) > 0
    (request,) = await submissions(redis)
    assert list(request.messages) == messages
    assert request.session.session_id == "s1"
    assert request.session.namespace == "chat"
    assert request.session_uid == written.uid
    assert request.user_id == "alice"


async def test_set_twice_extracts_each_turn_once(
    sessions: Sessions, key: SessionKey, redis: Redis
) -> None:
    """Replacing the view turn by turn loses nothing and repeats nothing."""
    turns = [[said("a"), said("b", "assistant")], [said("c"), said("d", "assistant")]]
    for turn in turns:
        session, new = await sessions.set(
            key, Wanted("alice", State(), turn, []), etag="", request_id=""
        )
        assert new == 2
        assert [s.message.content for s in session.shown] == [m.content for m in turn]
    _, new = await sessions.set(key, Wanted("", State(), turns[1], []), etag="", request_id="")
    assert new == 0
    extracted = [m.content for r in await submissions(redis) for m in r.messages]
    assert extracted == ["a", "b", "c", "d"]
