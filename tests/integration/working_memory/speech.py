"""What tests say to sessions, and what they find in the store."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.working_memory.domain.session import Actor, Session, State
from agent_memory_services.working_memory.domain.windows import Limits
from agent_memory_services.working_memory.sessions.sessions import Wanted
from tests.support.raw import raw

PARTITIONS = 4
ALL = Limits()


def nobody() -> None:
    """Is told that a session waits for a summary, and does not care."""


def said(content: str, role: str = "user", **fields: Any) -> Message:
    """A message."""
    return Message(role=role, content=content, **fields)


def wanted(
    *messages: Message, user: str = "", memories: Sequence[Memory] = (), **state: Any
) -> tuple[Wanted, Actor]:
    """A session as a caller wants it, and the caller."""
    return Wanted(State(**state), messages, memories), Actor(user)


def contents(session: Session) -> list[str]:
    """What a session shows."""
    return [item.message.content for item in session.shown]


async def submissions(redis: Redis) -> list[SubmitMessagesRequest]:
    """Everything in the outboxes, partition by partition."""
    found = []
    for partition in range(PARTITIONS):
        for _, fields in await raw(redis).xrange(f"am:wm:{{p{partition:02d}}}:outbox"):
            assert fields[b"tenant"] == b"acme"
            found.append(SubmitMessagesRequest.FromString(fields[b"request"]))
    return found


async def submitted(redis: Redis) -> list[tuple[int, str]]:
    """Sequence and content of every message in the outboxes."""
    requests = await submissions(redis)
    return [(m.sequence, m.content) for request in requests for m in request.messages]
