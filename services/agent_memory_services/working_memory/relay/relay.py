"""Relay that delivers messages to extraction, in order, until they are acknowledged."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.kit.contract.errors import ServiceError
from agent_memory_services.working_memory.relay import delivery as metrics
from agent_memory_services.working_memory.relay.delivery import Delivery, DeliveryControl
from agent_memory_services.working_memory.store.leases import Leases
from agent_memory_services.working_memory.store.outbox import Backlog, Outbox

log = structlog.get_logger()


class Inbox(Protocol):
    """Receiver of entries."""

    async def submit(self, tenant: str, request: SubmitMessagesRequest) -> None:
        """Return when the request is durable over there.

        Raises:
            InvalidFields, OwnerMismatch: it never will be.
            ServiceError: it is not yet.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Speed limits of a relay; all in seconds.

    Attributes:
        poll: between two looks for what other processes wrote.
        renewal: between two renewals of the leases.
        first_retry: the first wait after a failure; it doubles with every further one.
        longest_retry: the longest wait.
    """

    poll: float
    renewal: float
    first_retry: float
    longest_retry: float

    def wait(self, error: Exception, failures: int) -> float:
        """Return the seconds until the next attempt: as requested, or a jittered back-off.

        Args:
            error: what went wrong now; a refusal may name a wish.
            failures: how often it went wrong before.
        """
        wish = error.retry_after if isinstance(error, ServiceError) else None
        full = min(self.first_retry * 2.0 ** min(failures, 64), self.longest_retry)
        return max(wish or 0.0, random.uniform(full / 2, full))  # noqa: S311 - nothing secret


class Relay:
    """Relay of the outboxes of the partitions it holds, each in order, all at the same time.

    An entry is deleted when extraction has acknowledged it, so a relay that dies delivers it
    again, and extraction recognises it. Nothing is ever dropped: what extraction refuses for
    good is set aside with the reason, and everything else is tried until it is accepted.
    """

    def __init__(
        self, outbox: Outbox, leases: Leases, inbox: Inbox, pace: Pace, *, max_bytes: int
    ) -> None:
        """Deliver to `inbox`, which takes requests of at most `max_bytes`."""
        self._outbox = outbox
        self._leases = leases
        self._inbox = inbox
        self._pace = pace
        self._max_bytes = max_bytes
        self._woken: set[int] = set()
        self._something_woke = asyncio.Event()
        self._stopping = asyncio.Event()
        self._next_look = 0.0
        self._drains: dict[int, asyncio.Task[None]] = {}
        self._deliveries: dict[int, Delivery] = {}

    def wake(self, partition: int) -> None:
        """Look at a partition at once: this process wrote to its outbox."""
        self._woken.add(partition)
        self._something_woke.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver until the block is left; then finish what is under way and let go."""
        loops = [
            asyncio.create_task(self._repeat(step)) for step in (self._keep_leases, self._look)
        ]
        try:
            yield
        finally:
            self._stopping.set()
            self._something_woke.set()
            await asyncio.gather(*loops)
            await asyncio.gather(*self._drains.values())
            await self._leave()

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step again and again until the end; a fault delays the next one, no more."""
        while not self._stopping.is_set():
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - deliveries go on, whatever went wrong
                _log_fault(error)
                await self._pause(self._pace.poll)

    async def _keep_leases(self) -> None:
        before = self._leases.held
        for partition in await self._leases.refresh():
            await self._hand_over_lease(partition)
        for partition in self._leases.held - before:
            self.wake(partition)
        await self._pause(self._pace.renewal)

    async def _hand_over_lease(self, partition: int) -> None:
        """Give a partition to a relay with fewer, unless a delivery of it is under way."""
        if partition not in self._drains:
            await self._leases.release(partition)

    async def _leave(self) -> None:
        try:
            await self._leases.leave()
        except RedisError as error:
            log.warning("relay.leases_not_released", error=type(error).__name__)

    async def _look(self) -> None:
        for partition in await self._waiting():
            if not self._leases.holds(partition):
                self._woken.discard(partition)
                self._deliveries.pop(partition, None)
            elif partition not in self._drains:
                self._drains[partition] = asyncio.create_task(self._drained(partition))

    async def _waiting(self) -> Iterable[int]:
        """Return the partitions to visit next: the notified ones, and from time to time all."""
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout_at(self._next_look):
                await self._something_woke.wait()
        except TimeoutError:
            pass
        if clock() >= self._next_look:
            self._next_look = clock() + self._pace.poll
            backlogs = await self._outbox.backlogs(self._leases.held)
            _report(backlogs)
            return backlogs
        self._something_woke.clear()
        return tuple(self._woken)

    async def _drained(self, partition: int) -> None:
        delivery = self._deliveries.get(partition) or self._begin(partition)
        try:
            while self._may_deliver(partition):
                self._woken.discard(partition)
                if not await delivery.advance() and partition not in self._woken:
                    return
        except Exception as error:  # noqa: BLE001 - the next look begins again
            _log_fault(error)
        finally:
            del self._drains[partition]

    def _begin(self, partition: int) -> Delivery:
        turn = DeliveryControl(
            lambda: self._may_deliver(partition),
            lambda: self.wake(partition),
            self._pace.wait,
            self._pause,
        )
        self._deliveries[partition] = Delivery(
            partition, self._outbox, self._inbox.submit, turn, max_bytes=self._max_bytes
        )
        return self._deliveries[partition]

    def _may_deliver(self, partition: int) -> bool:
        return self._leases.holds(partition) and not self._stopping.is_set()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _log_fault(error: Exception) -> None:
    """Log an unavailable store in one line; an unexpected error with its traceback."""
    unforeseen = None if isinstance(error, RedisError) else error
    log.warning("relay.interrupted", error=type(error).__name__, exc_info=unforeseen)


def _report(backlogs: Mapping[int, Backlog]) -> None:
    oldest = min((backlog.oldest for backlog in backlogs.values()), default=None)
    age = 0.0 if oldest is None else max(0.0, time.time() - oldest / 1000)
    metrics.OUTBOX_ENTRIES.set(sum(backlog.entries for backlog in backlogs.values()))
    metrics.OUTBOX_OLDEST_SECONDS.set(age)
