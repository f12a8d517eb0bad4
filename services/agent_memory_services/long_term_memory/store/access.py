"""Record of which memories were found, written in the background so that no search waits."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Protocol

import structlog
from cachetools import TTLCache
from redis.exceptions import RedisError

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.redis.background import Periodic
from agent_memory_services.long_term_memory.store.memories import MemoryStore

log = structlog.get_logger()

INTERVAL: Final = 900_000_000
"""Microseconds in which a memory counts as found once, however often it is."""
_INTERVAL_SECONDS: Final = INTERVAL / 1_000_000

_CAPACITY: Final = 2048
# The index follows each noted memory, vectors included, and the store answers no call meanwhile.
_PER_WRITE: Final = 4
_PAUSE_SECONDS: Final = 0.005
_FLUSH_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Access:
    tenant: str
    memory_id: str
    time: int


class Accesses(Protocol):
    """Recorder of which memories were found or read."""

    def record(self, tenant: str, memories: Iterable[Memory]) -> None:
        """Note that memories of a tenant were found now."""
        ...


class AccessTracker:
    """Writes accesses in the background. One that cannot be written is dropped, not waited for."""

    def __init__(self, store: MemoryStore, capacity: int = _CAPACITY) -> None:
        """Keep at most `capacity` accesses waiting, and as many in mind that were just noted."""
        self._store = store
        self._waiting: asyncio.Queue[_Access] = asyncio.Queue(capacity)
        self._recent: TTLCache[tuple[str, str], None] = TTLCache(capacity, _INTERVAL_SECONDS)
        self._steps = Periodic(self._step, _PAUSE_SECONDS)

    def record(self, tenant: str, memories: Iterable[Memory]) -> None:
        """Note that memories of a tenant were found now."""
        now = now_micros()
        with suppress(asyncio.QueueFull):
            for memory in memories:
                # For how long one was kept already only the store knows.
                if memory.HasField("sliding_ttl") or self._is_due((tenant, memory.id)):
                    self._waiting.put_nowait(_Access(tenant, memory.id, now))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write while the block runs; at its end, write what still waits."""
        async with self._steps.running():
            try:
                yield
            finally:
                try:
                    async with asyncio.timeout(_FLUSH_SECONDS):
                        await self._waiting.join()
                except TimeoutError:
                    log.warning("access.unwritten", memories=self._waiting.qsize())

    def _is_due(self, memory: tuple[str, str]) -> bool:
        """Return true if this process did not just note the memory; the store checks for others."""
        if memory in self._recent:
            return False
        self._recent[memory] = None
        return True

    async def _step(self) -> None:
        batch = [await self._waiting.get()]
        while len(batch) < _PER_WRITE and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        for tenant, accesses in groupby(batch, key=lambda access: access.tenant):
            await self._write(tenant, list(accesses))
        for _ in batch:
            self._waiting.task_done()

    async def _write(self, tenant: str, accesses: list[_Access]) -> None:
        memory_ids = [access.memory_id for access in accesses]
        try:
            await self._store.touch(tenant, memory_ids, now=accesses[-1].time, interval=INTERVAL)
        except RedisError as error:
            log.warning("access.lost", memories=len(accesses), error=type(error).__name__)
