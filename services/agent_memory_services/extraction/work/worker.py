"""Workers, and the fair choice of the next tenant."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from agent_memory_services.extraction.domain.failures import WorkersLost
from agent_memory_services.extraction.store.leases import Lease, Leases, Outlook
from agent_memory_services.extraction.work.attempts import Attempts
from agent_memory_services.extraction.work.meters import Meters
from agent_memory_services.kit.contract.status import status_of
from agent_memory_services.kit.redis.background import Wakeable, end
from agent_memory_services.kit.redis.keys import encode

_REMEMBERED: Final = 10_000


class TenantRotation:
    """Fair shares of a worker's slots among tenants.

    The tenant with the fewest running jobs is next; among equals, the one served longest ago.
    """

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        # In order of serving, so that the one forgotten first was served longest ago.
        self._served: dict[str, int] = {}
        self._clock = 0

    def next(self, waiting: Iterable[str]) -> str:
        """Choose among tenants that have something due; there is at least one."""
        return min(waiting, key=lambda tenant: (self._running[tenant], self._served.get(tenant, 0)))

    def begin(self, tenant: str) -> None:
        """Record that one of the tenant's jobs begins."""
        self._clock += 1
        self._served.pop(tenant, None)
        self._served[tenant] = self._clock
        if len(self._served) > _REMEMBERED:
            del self._served[next(iter(self._served))]
        self._running[tenant] += 1

    def end(self, tenant: str) -> None:
        """Record that one of the tenant's jobs ended."""
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]


log = structlog.get_logger()

_LOOK_SECONDS: Final = 0.5
"""The longest until jobs are noticed that came in elsewhere."""
_SHORTEST_REST: Final = 0.01
_STORE_AWAY_SECONDS: Final = 1.0


class Worker:
    """Worker on the jobs of all partitions, fair among tenants."""

    def __init__(
        self,
        leases: Leases,
        attempts: Attempts,
        meters: Meters,
        *,
        partitions: int,
        concurrency: int,
    ) -> None:
        """Attempt up to `concurrency` jobs at a time."""
        self._leases = leases
        self._attempts = attempts
        self._meters = meters
        self._places = asyncio.Semaphore(concurrency)
        self._rotation = TenantRotation()
        self._outlooks: dict[int, Outlook] = {}
        # Tenants with due jobs, by partition.
        self._due: dict[int, set[str]] = {partition: set() for partition in range(partitions)}
        self._look_at = dict.fromkeys(self._due, 0.0)
        self._running: set[asyncio.Task[None]] = set()
        self._steps = Wakeable(
            self._step, _LOOK_SECONDS, report=_report_store_away, retry=_STORE_AWAY_SECONDS
        )

    def wake(self, partition: int, seconds: float = 0.0) -> None:
        """Something in a partition may be due in so many seconds."""
        moment = asyncio.get_running_loop().time() + seconds
        if moment < self._look_at[partition]:
            self._look_at[partition] = moment
            self._steps.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the block runs, then hand back what is not done."""
        try:
            async with self._steps.running():
                yield
        finally:
            await end(*self._running)

    async def _step(self) -> float:
        """Begin the next job once there is a place for it; answers the seconds until another."""
        await self._places.acquire()
        lease = None
        try:
            await self._look()
            lease = await self._next()
        finally:
            if lease is None:
                self._places.release()
        if lease is None:
            left = min(self._look_at.values()) - asyncio.get_running_loop().time()
            return max(_SHORTEST_REST, left)
        task = asyncio.create_task(self._attempt(lease))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return 0.0

    async def _attempt(self, lease: Lease) -> None:
        tenant = encode(lease.record.tenant)
        self._rotation.begin(tenant)
        try:
            await self._attempts.make(lease)
        finally:
            self._rotation.end(tenant)
            self._places.release()
            # What waited behind the job can be claimed now.
            self.wake(lease.partition)

    async def _next(self) -> Lease | None:
        """Lease a job that is due; None where there is none."""
        while tenants := set[str]().union(*self._due.values()):
            if lease := await self._claim(self._rotation.next(tenants)):
                return lease
        return None

    async def _look(self) -> None:
        """Look at the partitions whose time has come."""
        loop = asyncio.get_running_loop()
        for partition, moment in self._look_at.items():
            if moment > loop.time():
                continue
            self._look_at[partition] = loop.time() + _LOOK_SECONDS
            outlook = await self._leases.poll(partition, lost=status_of(WorkersLost()))
            self._outlooks[partition] = outlook
            self._due[partition] = set(outlook.due)
            if outlook.next_seconds is not None:
                soon = loop.time() + outlook.next_seconds
                # It may have been woken while it was looked at.
                self._look_at[partition] = min(self._look_at[partition], soon)
        self._meters.queue(self._outlooks.values())

    async def _claim(self, tenant: str) -> Lease | None:
        """Lease one of the tenant's due jobs, from whichever partition has one."""
        places = [partition for partition, tenants in self._due.items() if tenant in tenants]
        # Always the same order would leave some sessions of a tenant to the last.
        random.shuffle(places)
        for partition in places:
            if lease := await self._leases.claim(partition, tenant):
                return lease
            self._due[partition].discard(tenant)
        return None


def _report_store_away(fault: Exception) -> None:
    log.warning("worker.store_away", error=type(fault).__name__)
