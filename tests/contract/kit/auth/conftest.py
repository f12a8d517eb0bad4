"""A world for each test of authentication."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.contract.kit.auth.world import World


@pytest.fixture
def world(tmp_path: Path, redis: Redis, redis_url: str) -> World:
    """Nobody has a credential yet."""
    return World(tmp_path, redis, redis_url)
