"""Emptying the store of a test process, which several tests and servers take turns with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis import Redis

from agent_memory_services.kit.redis.client import connect
from tests.support.persistent_keys import keys_of_product, stray_keys

_in_use: dict[str, set[str]] = {}
"""Keys that tests of a shared server left in its store, as they were found to be sound."""


async def empty(url: str) -> None:
    """Remove every key and every index of a store.

    Raises:
        AssertionError: a server that outlives one test uses the store.
    """
    assert not is_shared(url), "a server that other tests share would lose its index"
    async with connect(url) as client:
        await client.flushall()


def is_shared(url: str) -> bool:
    """Return true if a server that outlives one test uses the store."""
    return url in _in_use


@asynccontextmanager
async def emptied(url: str) -> AsyncIterator[None]:
    """Empty a store, and let no test empty it again before the block is left."""
    await empty(url)
    _in_use[url] = set()
    try:
        yield
    finally:
        del _in_use[url]
    with Redis.from_url(url) as client:
        refuse_strays(client, url)


def refuse_strays(client: Redis, url: str) -> None:
    """Remove keys of the product that nothing else removes.

    Of a shared store those are looked at that no test before left; at its end, all of them.

    Raises:
        AssertionError: There are some.
    """
    known = _in_use.get(url, set())
    strays = dict(stray_keys(client, known))
    if strays:
        client.unlink(*strays)
    if is_shared(url):
        known |= keys_of_product(client)
    assert not strays, "\n".join(f"{key} {why}" for key, why in strays.items())
