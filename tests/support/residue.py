"""Everything that a store holds, down to the last element."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from agent_memory_services.kit.redis.keys import encode

_TOGETHER: Final = 500


async def elements(redis: Redis) -> AsyncIterator[bytes]:
    """Every key alone, and every element of every key behind the key's name."""
    keys = [key async for key in redis.scan_iter(count=_TOGETHER)]
    for at in range(0, len(keys), _TOGETHER):
        some = keys[at : at + _TOGETHER]
        kinds: list[bytes] = await _all_of(redis, [(Pipeline.type, key) for key in some])
        # The time to live of the others ended meanwhile.
        kept = [(key, kind) for key, kind in zip(some, kinds, strict=True) if kind in _READERS]
        asked = [(_READERS[kind][0], key) for key, kind in kept]
        for (key, kind), value in zip(kept, await _all_of(redis, asked), strict=True):
            yield key
            for element in _READERS[kind][1](value):
                yield key + b" | " + element


async def _all_of(redis: Redis, asked: Sequence[tuple[Callable[..., Any], bytes]]) -> Any:
    """Ask for something of each key at once."""
    async with redis.pipeline(transaction=False) as pipeline:
        for ask, key in asked:
            ask(pipeline, key)
        return await pipeline.execute()


def _entry(entry: tuple[bytes, Mapping[bytes, bytes]]) -> bytes:
    entry_id, fields = entry
    return entry_id + b" " + b" ".join(field + b" = " + value for field, value in fields.items())


_READERS: Final[Mapping[bytes, tuple[Callable[..., Any], Callable[[Any], Iterable[bytes]]]]] = {
    b"string": (Pipeline.get, lambda value: [value or b""]),
    b"hash": (
        Pipeline.hgetall,
        lambda pairs: [field + b" = " + value for field, value in pairs.items()],
    ),
    b"list": (lambda pipeline, key: pipeline.lrange(key, 0, -1), list),
    b"set": (Pipeline.smembers, list),
    b"zset": (
        lambda pipeline, key: pipeline.zrange(key, 0, -1, withscores=True),
        lambda pairs: [value + f" @ {score}".encode() for value, score in pairs],
    ),
    b"stream": (Pipeline.xrange, lambda entries: map(_entry, entries)),
}
"""How what is kept of each kind is asked for, and told."""


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
