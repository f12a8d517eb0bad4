"""Emptying the store of a test process, which several tests and servers take turns with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent_memory_services.kit.redis.client import connect

_in_use: set[str] = set()


async def empty(url: str) -> None:
    """Remove every key and every index of a store.

    Raises:
        AssertionError: a server that outlives one test uses the store.
    """
    assert not is_shared(url), "a server that other tests share would lose its index"
    async with connect(url) as client:
        await client.flushall()


def is_shared(url: str) -> bool:
    """Tell whether a server that outlives one test uses a store."""
    return url in _in_use


@asynccontextmanager
async def emptied(url: str) -> AsyncIterator[None]:
    """Empty a store, and let no test empty it again before the block is left."""
    await empty(url)
    _in_use.add(url)
    try:
        yield
    finally:
        _in_use.discard(url)
