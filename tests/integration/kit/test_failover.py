"""After a failover the client finds the new primary by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import ReadOnlyError

from agent_memory_services.kit.contract.store_errors import StoreAwayError
from agent_memory_services.kit.redis.client import connect
from tests.support.failover import Pair, fail_over, sentinel

WRITE = "return redis.call('SET', KEYS[1], ARGV[1])"


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    """A primary and its replica."""
    async with Pair.started(tmp_path) as started:
        yield started


async def _written(client: Redis, key: str) -> int:
    """Write in every way until each succeeds; how often a write was refused meanwhile."""
    refused = 0
    async with asyncio.timeout(60):
        for write in (
            lambda: client.set(key, "a"),
            lambda: client.eval(WRITE, 1, key, "b"),
            lambda: client.execute_command("APPEND", key, "c"),
            lambda: _in_a_transaction(client, key),
        ):
            while True:
                try:
                    await write()
                except (ReadOnlyError, StoreConnectionError):
                    refused += 1
                    await asyncio.sleep(0.02)
                else:
                    break
    return refused


async def _in_a_transaction(client: Redis, key: str) -> None:
    pipeline = client.pipeline(transaction=True)
    pipeline.append(key, "d")
    await pipeline.execute()


async def _in_use(client: Redis) -> None:
    """Have connections of all kinds open to the server that is the primary now."""
    await asyncio.gather(_written(client, "before"), *(client.ping() for _ in range(8)))


async def _news(client: Redis) -> object:
    return await client.xread({"news": "0"}, block=60_000)


async def test_writes_follow_an_address_that_moved(pair: Pair) -> None:
    """Connections to the former primary, which takes reads and refuses writes, are given up."""
    async with connect(pair.url) as client, connect(pair.replica.url) as there:
        await _in_use(client)
        await pair.promote()
        with pytest.raises(ReadOnlyError):
            await client.set("after", "a")
        pair.move_address()
        await _written(client, "after")
        assert await there.get("after") == b"bcd"
        assert await client.get("before") == b"bcd"


async def test_writes_follow_the_primary_that_sentinels_name(pair: Pair, tmp_path: Path) -> None:
    """The URL names sentinels and a group; nothing else is told of the failover."""
    async with sentinel(pair, tmp_path) as url, connect(url) as client:
        await _in_use(client)
        await fail_over(url, pair)
        await _written(client, "after")
        async with connect(pair.replica.url) as there:
            assert await there.get("after") == b"bcd"


async def test_a_wait_that_the_failover_ended_is_an_absent_store(pair: Pair) -> None:
    """Whoever waits for news is told, and finds the news at the new primary."""
    async with connect(pair.url) as client:
        waiting = asyncio.create_task(_news(client))
        await _in_use(client)
        await pair.promote()
        pair.move_address()
        with pytest.raises(StoreAwayError):
            await waiting
        async with connect(pair.replica.url) as there:
            await there.xadd("news", {"a": "b"})
        await _written(client, "after")
        assert await _news(client)
