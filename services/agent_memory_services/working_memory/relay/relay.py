"""Relay that delivers messages to extraction, in order, until they are acknowledged."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.redis import background
from agent_memory_services.working_memory.relay import delivery as metrics
from agent_memory_services.working_memory.relay.delivery import Delivery, DeliveryControl
from agent_memory_services.working_memory.store.outbox import Backlog, Leases, Outbox

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
    """Speed limits of a relay; times in seconds.

    Attributes:
        poll: between two looks for what other processes wrote.
        renewal: between two renewals of the leases.
        backoff: between two attempts of what fails.
    """

    poll: float
    renewal: float
    backoff: Backoff


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
        self._stopping = asyncio.Event()
        self._next_look = 0.0
        # Deliveries go on, whatever goes wrong. A lease that is being taken at the end is waited
        # for, so that it can be given back.
        self._keeping = background.Periodic(
            self._keep_leases,
            pace.renewal,
            report=_log_fault,
            foreseen=(Exception,),
            retry=pace.poll,
            completes=True,
        )
        self._looking = background.Wakeable(
            self._look, pace.poll, report=_log_fault, foreseen=(Exception,), completes=True
        )
        self._drains: dict[int, asyncio.Task[None]] = {}
        self._deliveries: dict[int, Delivery] = {}

    def wake(self, partition: int) -> None:
        """Look at a partition at once: this process wrote to its outbox."""
        self._woken.add(partition)
        self._looking.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver until the block is left; then finish what is under way and let go."""
        try:
            async with self._keeping.running(), self._looking.running():
                try:
                    yield
                finally:
                    self._stopping.set()
        finally:
            await asyncio.gather(*self._drains.values())
            await self._leave()

    async def _keep_leases(self) -> None:
        before = self._leases.held
        for partition in await self._leases.refresh():
            await self._hand_over_lease(partition)
        for partition in self._leases.held - before:
            self.wake(partition)

    async def _hand_over_lease(self, partition: int) -> None:
        """Give a partition to a relay with fewer, unless a delivery of it is under way."""
        if partition not in self._drains:
            await self._leases.release(partition)

    async def _leave(self) -> None:
        try:
            await self._leases.leave()
        except RedisError as error:
            log.warning("relay.leases_not_released", error=type(error).__name__)

    async def _look(self) -> float:
        """Begin deliveries; answers the seconds until all partitions are looked at again."""
        for partition in await self._waiting():
            if not self._leases.holds(partition):
                self._woken.discard(partition)
                self._deliveries.pop(partition, None)
            elif partition not in self._drains:
                self._drains[partition] = asyncio.create_task(self._drained(partition))
        return self._next_look - asyncio.get_running_loop().time()

    async def _waiting(self) -> Iterable[int]:
        """The partitions to look at next: those that were named, and now and then all."""
        now = asyncio.get_running_loop().time()
        if now < self._next_look:
            return tuple(self._woken)
        self._next_look = now + self._pace.poll
        backlogs = await self._outbox.backlogs(self._leases.held)
        _report(backlogs)
        return self._woken | backlogs.keys()

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
        control = DeliveryControl(
            lambda: self._may_deliver(partition),
            lambda: self.wake(partition),
            self._pace.backoff,
            self._pause,
        )
        self._deliveries[partition] = Delivery(
            partition, self._outbox, self._inbox.submit, control, max_bytes=self._max_bytes
        )
        return self._deliveries[partition]

    def _may_deliver(self, partition: int) -> bool:
        return self._leases.holds(partition) and not self._stopping.is_set()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end."""
        await background.wait_for_event(self._stopping, seconds)


def _log_fault(error: Exception) -> None:
    """Log an unavailable store in one line; an unexpected error with its traceback."""
    unforeseen = None if isinstance(error, RedisError) else error
    log.warning("relay.interrupted", error=type(error).__name__, exc_info=unforeseen)


def _report(backlogs: Mapping[int, Backlog]) -> None:
    oldest = min((backlog.oldest for backlog in backlogs.values()), default=None)
    age = 0.0 if oldest is None else max(0.0, time.time() - oldest / 1000)
    metrics.OUTBOX_ENTRIES.set(sum(backlog.entries for backlog in backlogs.values()))
    metrics.OUTBOX_OLDEST_SECONDS.set(age)
