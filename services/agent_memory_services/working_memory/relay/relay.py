"""The relay: hands what sessions said to extraction, in order, until it is acknowledged."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from google.protobuf.message import DecodeError
from redis.exceptions import RedisError

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.runtime.errors import InvalidField, InvalidFields, ServiceError
from agent_memory_services.working_memory.relay import metrics
from agent_memory_services.working_memory.relay.leases import Leases
from agent_memory_services.working_memory.relay.outbox import Backlog, Outbox, OutboxEntry

log = structlog.get_logger()

_READ_AHEAD: Final = 8


class Inbox(Protocol):
    """Where entries are delivered."""

    async def submit(self, tenant: str, request: SubmitMessagesRequest) -> None:
        """Return when the request is durable over there.

        Raises:
            InvalidFields: it never will be.
            ServiceError: it is not yet.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a relay works; all in seconds.

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


class Relay:
    """Delivers the outboxes of the partitions it holds, each in order, all at the same time.

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
            elif partition not in self._drains:
                self._drains[partition] = asyncio.create_task(self._drained(partition))

    async def _waiting(self) -> Iterable[int]:
        """The partitions to look at next: those that were named, and now and then all."""
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
        try:
            while self._may_deliver(partition):
                self._woken.discard(partition)
                entries = await self._outbox.read(partition, _READ_AHEAD)
                for entry in entries:
                    await self._deliver(partition, entry)
                if not entries and partition not in self._woken:
                    return
        except Exception as error:  # noqa: BLE001 - the next look begins again
            _log_fault(error)
        finally:
            del self._drains[partition]

    async def _deliver(self, partition: int, entry: OutboxEntry) -> None:
        """Try until the entry is accepted, set aside, or no longer ours to deliver."""
        wait = self._pace.first_retry
        while self._may_deliver(partition):
            try:
                await self._attempt(partition, entry)
            except RedisError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the entry stays
                metrics.FAILED.inc()
                wish = error.retry_after if isinstance(error, ServiceError) else None
                log.warning("relay.failed", partition=partition, error=type(error).__name__)
                await self._pause(max(wish or 0.0, random.uniform(wait / 2, wait)))  # noqa: S311
                wait = min(2 * wait, self._pace.longest_retry)
            else:
                return

    async def _attempt(self, partition: int, entry: OutboxEntry) -> None:
        try:
            request = self._readable(entry)
            await self._inbox.submit(entry.tenant, request)
        except InvalidFields as error:
            await self._bury(partition, entry, error.message)
        else:
            await self._outbox.acknowledge(partition, entry)
            metrics.DELIVERED.inc()

    async def _bury(self, partition: int, entry: OutboxEntry, reason: str) -> None:
        await self._outbox.bury(partition, entry, reason)
        metrics.BURIED.inc()
        log.error("relay.buried", partition=partition, entry=entry.id.decode())

    def _readable(self, entry: OutboxEntry) -> SubmitMessagesRequest:
        """The entry's request.

        Raises:
            InvalidFields: nobody will ever be able to read it.
        """
        if len(entry.request) > self._max_bytes:
            raise InvalidField("", "is larger than any service takes")
        try:
            return SubmitMessagesRequest.FromString(entry.request)
        except DecodeError:
            raise InvalidField("", "is not a SubmitMessagesRequest") from None

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
    """A store that is away is told in a line; what nobody foresaw, with its traceback."""
    unforeseen = None if isinstance(error, RedisError) else error
    log.warning("relay.interrupted", error=type(error).__name__, exc_info=unforeseen)


def _report(backlogs: Mapping[int, Backlog]) -> None:
    oldest = min((backlog.oldest for backlog in backlogs.values()), default=None)
    age = 0.0 if oldest is None else max(0.0, time.time() - oldest / 1000)
    metrics.OUTBOX_ENTRIES.set(sum(backlog.entries for backlog in backlogs.values()))
    metrics.OUTBOX_OLDEST_SECONDS.set(age)
