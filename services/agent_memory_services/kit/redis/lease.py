"""One process at a time does what is done once for all of them."""

from typing import Final

from redis.asyncio import Redis

from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.scripts import Script

_PACKAGE: Final = "agent_memory_services.kit.redis"
_LEASE: Final = Script(_PACKAGE, "lua/lease")
_RELEASE: Final = Script(_PACKAGE, "lua/release")


class Lease:
    """The right to do some work; it ends by itself when its holder is gone."""

    def __init__(self, client: Redis, key: str, seconds: float) -> None:
        """Hold nothing yet; a lease lasts `seconds` unless it is taken again."""
        self._client = client
        self._key = key
        self._seconds = seconds
        self._holder = new_id()

    async def take(self) -> bool:
        """Take or renew it; says whether it is ours now."""
        milliseconds = round(self._seconds * 1000)
        return bool(await _LEASE(self._client, [self._key], [self._holder, milliseconds]))

    async def release(self) -> None:
        """Give it back, where it is ours."""
        await _RELEASE(self._client, [self._key], [self._holder])
