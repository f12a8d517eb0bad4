"""A queue on a real store."""

import pytest
from redis.asyncio import Redis

from tests.integration.extraction.queue import Queue


@pytest.fixture
def queue(redis: Redis) -> Queue:
    """A queue with the usual retention."""
    return Queue.on(redis)
