"""Sessions over a real store."""

import pytest
from redis.asyncio import Redis

from agent_memory_services.working_memory.domain.session import SessionKey
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.store.listings import Listings
from agent_memory_services.working_memory.store.outbox import Outbox
from agent_memory_services.working_memory.store.sessions import SessionStore
from tests.integration.working_memory.speech import PARTITIONS, nobody


@pytest.fixture
def grown() -> list[int]:
    """The partitions whose outboxes grew, in order."""
    return []


@pytest.fixture
def store(redis: Redis) -> SessionStore:
    """A store of few partitions."""
    return SessionStore(redis, PARTITIONS)


@pytest.fixture
def sessions(store: SessionStore, grown: list[int], redis: Redis) -> Sessions:
    """The rules over that store."""

    async def withdraw(partition: int, _tenant: str, session_uid: str, _user: str) -> None:
        await Outbox(redis).withdraw(partition, session_uid)

    return Sessions(store, grown.append, nobody, withdraw=withdraw)


@pytest.fixture
def listings(redis: Redis) -> Listings:
    """The listings of that store."""
    return Listings(redis, PARTITIONS)


@pytest.fixture
def key() -> SessionKey:
    """A session."""
    return SessionKey("acme", "chat", "s1")
