"""Faults of a running store, each for as long as its block lasts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError


@asynccontextmanager
async def full(redis: Redis) -> AsyncIterator[None]:
    """Its memory is full: -OOM."""
    await redis.config_set("maxmemory", "1")
    yield
    await redis.config_set("maxmemory", "0")


@asynccontextmanager
async def read_only(redis: Redis) -> AsyncIterator[None]:
    """It became a replica: -READONLY."""
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    yield
    await redis.execute_command("REPLICAOF", "NO", "ONE")


@asynccontextmanager
async def without_replicas(redis: Redis) -> AsyncIterator[None]:
    """It may not write alone: -NOREPLICAS."""
    await redis.config_set("min-replicas-to-write", "1")
    yield
    await redis.config_set("min-replicas-to-write", "0")


@asynccontextmanager
async def cutting(redis: Redis) -> AsyncIterator[None]:
    """It closes every connection again and again."""

    async def cut() -> None:
        while True:
            with suppress(RedisError):
                await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            await asyncio.sleep(0.005)

    task = asyncio.create_task(cut())
    yield
    task.cancel()
    await asyncio.wait([task])


@asynccontextmanager
async def of_wrong_types(redis: Redis) -> AsyncIterator[None]:
    """Every key holds something of another type: -WRONGTYPE, and errors in the middle of scripts.

    What they held is gone.
    """
    async for key in redis.scan_iter():
        was_text = await redis.type(key) == b"string"
        await redis.delete(key)
        await (redis.rpush(key, "x") if was_text else redis.set(key, "x"))
    yield


FAULTS: tuple[Callable[[Redis], AbstractAsyncContextManager[None]], ...] = (
    *(full, read_only, without_replicas, cutting),
    of_wrong_types,
)
"""All of them; the last is the store's end."""
