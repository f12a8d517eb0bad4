"""Everything that a store holds, down to the last element."""

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from agent_memory_services.kit.redis.keys import encode


async def elements(redis: Redis) -> AsyncIterator[bytes]:
    """Every key alone, and every element of every key behind the key's name."""
    async for key in redis.scan_iter():
        kind = await redis.type(key)
        if kind == b"none":
            continue  # Its time to live ended meanwhile.
        yield key
        async for element in _of_kind(redis, key, kind):
            yield key + b" | " + element


async def _of_kind(redis: Any, key: Any, kind: Any) -> AsyncIterator[bytes]:
    for each in await _READERS[kind](redis, key):
        yield each


async def _string(redis: Any, key: bytes) -> list[bytes]:
    return [await redis.get(key) or b""]


async def _hash(redis: Any, key: bytes) -> list[bytes]:
    return [field + b" = " + value for field, value in (await redis.hgetall(key)).items()]


async def _list(redis: Any, key: bytes) -> list[bytes]:
    return list(await redis.lrange(key, 0, -1))


async def _set(redis: Any, key: bytes) -> list[bytes]:
    return list(await redis.smembers(key))


async def _sorted_set(redis: Any, key: bytes) -> list[bytes]:
    found = await redis.zrange(key, 0, -1, withscores=True)
    return [value + f" @ {score}".encode() for value, score in found]


async def _stream(redis: Any, key: bytes) -> list[bytes]:
    return [
        entry_id + b" " + b" ".join(field + b" = " + value for field, value in fields.items())
        for entry_id, fields in await redis.xrange(key)
    ]


_READERS = {
    b"string": _string,
    b"hash": _hash,
    b"list": _list,
    b"set": _set,
    b"zset": _sorted_set,
    b"stream": _stream,
}


def spellings(word: str) -> set[bytes]:
    """How a word may stand in the store: as it is, and as part of a key."""
    return {word.encode(), encode(word).encode()}


async def residue(redis: Redis, *words: str) -> list[bytes]:
    """The elements of the store in which one of the words stands, however it is spelled."""
    needles = set().union(*map(spellings, words))
    return [each async for each in elements(redis) if any(needle in each for needle in needles)]


async def everything(redis: Redis) -> set[bytes]:
    """All elements at once."""
    return {each async for each in elements(redis)}
