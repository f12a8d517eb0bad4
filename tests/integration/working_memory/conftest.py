"""Sessions over a real store."""

from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.working_memory.session import SessionKey
from agent_memory_services.working_memory.sessions import Sessions
from agent_memory_services.working_memory.store import SessionStore

PARTITIONS = 4


@dataclass(slots=True)
class Grown:
    """Remembers which partitions' outboxes grew."""

    partitions: list[int] = field(default_factory=list)

    def __call__(self, partition: int) -> None:
        self.partitions.append(partition)


@pytest.fixture
def store(redis: Redis) -> SessionStore:
    return SessionStore(redis, PARTITIONS)


@pytest.fixture
def grown() -> Grown:
    return Grown()


@pytest.fixture
def sessions(store: SessionStore, grown: Grown) -> Sessions:
    return Sessions(store, grown)


@pytest.fixture
def key() -> SessionKey:
    return SessionKey("acme", "chat", "s1")


def said(content: str, role: str = "user", **fields: object) -> Message:
    """A message."""
    return Message(role=role, content=content, **fields)  # type: ignore[arg-type]
