"""API keys in Redis, and the time of their last use."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.kit.auth.api_keys.key import ApiKey
from agent_memory_services.kit.redis import background, scripts

_INDEX = "am:auth:keys"
_PAGE = 500


@scripts.script("agent_memory_services.kit.auth.api_keys", "change")
def _change(key: scripts.Key, *, fields: Mapping[str, scripts.Value]) -> Any:
    """Set fields of a key; answers whether it exists."""


class ApiKeyStore:
    """Keys in Redis. Checking one reads one hash, however many there are."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        # Listed first: whatever fails in between, no key works that no list shows.
        await self._redis.zadd(_INDEX, {key.key_id: key.create_time})
        await self._redis.hset(_hash(key.key_id), mapping=key.to_hash())

    async def get(self, key_id: str) -> ApiKey | None:
        """The key of an id, or None."""
        return _read(key_id, await self._redis.hgetall(_hash(key_id)))

    async def all(self) -> AsyncIterator[ApiKey]:
        """Every key, the oldest first."""
        start = 0
        while ids := await self._redis.zrange(_INDEX, start, start + _PAGE - 1):
            start += len(ids)
            names = [cast("bytes", key_id).decode() for key_id in ids]
            pipeline = self._redis.pipeline(transaction=False)
            for name in names:
                pipeline.hgetall(_hash(name))
            for name, found in zip(names, await pipeline.execute(), strict=True):
                if (key := _read(name, found)) is not None:
                    yield key

    async def change(self, key_id: str, fields: Mapping[str, bytes | int]) -> bool:
        """Set fields of a key that exists, all at once; whether it does."""
        return bool(await _change(self._redis, _hash(key_id), fields=fields))


def _read(key_id: str, found: Mapping[bytes, bytes]) -> ApiKey | None:
    return ApiKey.from_hash(key_id, found) if found else None


def _hash(key_id: str) -> str:
    return f"am:auth:key:{key_id}"


log = structlog.get_logger()

_FLUSH_SECONDS = 60.0


class LastUse:
    """Gathers the uses of keys and writes the latest of each once a minute."""

    def __init__(self, store: ApiKeyStore, *, flush_seconds: float = _FLUSH_SECONDS) -> None:
        self._store = store
        self._flushes = background.Periodic(self.flush, flush_seconds, delay=flush_seconds)
        self._uses: dict[str, int] = {}

    def record(self, key_id: str, now: int) -> None:
        """Record that a key was verified at a moment (microseconds since the epoch)."""
        self._uses[key_id] = now

    @asynccontextmanager
    async def written(self) -> AsyncIterator[None]:
        """Write for as long as the block runs, and what is left at its end."""
        try:
            async with self._flushes.running():
                yield
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write what was gathered; what the store does not take is tried with the next."""
        uses, self._uses = self._uses, {}
        for key_id, used in uses.items():
            try:
                await self._store.change(key_id, {"last_use_time": used})
            except RedisError as error:
                log.warning("last_use.unwritten", error=type(error).__name__)
                self._uses = {**uses, **self._uses}
                return
