"""When keys were last used, written behind the calls' backs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.exceptions import RedisError

from agent_memory_services.runtime.auth.api_keys.store import ApiKeyStore

log = structlog.get_logger()

_FLUSH_SECONDS = 60.0


class LastUse:
    """Gathers the uses of keys and writes the latest of each once a minute."""

    def __init__(self, store: ApiKeyStore, *, flush_seconds: float = _FLUSH_SECONDS) -> None:
        self._store = store
        self._flush_seconds = flush_seconds
        self._uses: dict[str, int] = {}

    def note(self, key_id: str, now: int) -> None:
        """Remember that a key was verified at a moment (microseconds since the epoch)."""
        self._uses[key_id] = now

    @asynccontextmanager
    async def written(self) -> AsyncIterator[None]:
        """Write for as long as the block runs, and what is left at its end."""
        writing = asyncio.create_task(self._write_on())
        try:
            yield
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
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

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(self._flush_seconds)
            await self.flush()
