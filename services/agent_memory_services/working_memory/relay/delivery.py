"""Delivery of a partition's entries in order; entries of tenants that wait are parked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import Counter, Gauge, Histogram
from redis.exceptions import RedisError

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.backoff import Backoff, retry_after_of
from agent_memory_services.kit.contract.rules import ContractRules
from agent_memory_services.kit.observe.tracing.spans import continued, note_failure
from agent_memory_services.working_memory.store.outbox import ORIGIN, Outbox, OutboxEntry, position

OUTBOX_ENTRIES: Final = Gauge(
    "agent_memory_outbox_entries", "Outbox entries that wait in the partitions this relay holds."
)
OUTBOX_OLDEST_SECONDS: Final = Gauge(
    "agent_memory_outbox_oldest_seconds", "Age of the oldest of these entries."
)
DELIVERY_SECONDS: Final = Histogram(
    "agent_memory_outbox_delivery_seconds",
    "Seconds from the write of an outbox entry to the attempt that extraction accepted.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200),
)
DELIVERIES: Final = Counter(
    "agent_memory_outbox_deliveries",
    "Attempts to deliver an outbox entry to extraction, by outcome.",
    ["outcome"],
)
DELIVERED: Final = DELIVERIES.labels("delivered")
FAILED: Final = DELIVERIES.labels("failed")
BURIED: Final = DELIVERIES.labels("buried")


@dataclass(slots=True)
class _ParkedTenant:
    """Reason and duration of a tenant's wait.

    Attributes:
        first: its earliest entry, the one that was refused.
        until: when to try that one again, on the loop's clock.
        refusals: how often it has been refused.
    """

    first: bytes
    until: float
    refusals: int


class ParkedTenants:
    """Parked tenants of one partition, and the position up to which it was read past them.

    All entries of a parked tenant stay in the outbox and in order. They are not read again and
    again: delivery continues behind them, and returns when the first of them was accepted.
    """

    def __init__(self) -> None:
        self._tenants: dict[str, _ParkedTenant] = {}
        self._next = ORIGIN

    @property
    def start(self) -> str:
        """Position to read from; every entry before it is delivered or parked."""
        return "{}-{}".format(*self._next)

    def covers(self, tenant: str) -> bool:
        """Return true if a tenant waits."""
        return tenant in self._tenants

    def refusals(self, tenant: str) -> int:
        """Return how often the tenant has been refused since it was last accepted."""
        return self._tenants[tenant].refusals if tenant in self._tenants else 0

    def park(self, entry: OutboxEntry, until: float) -> None:
        """Park the tenant of a refused entry until a moment of the loop's clock."""
        self._tenants[entry.tenant] = _ParkedTenant(
            entry.id, until, self.refusals(entry.tenant) + 1
        )

    def skip(self, entry: OutboxEntry) -> None:
        """Continue behind an entry that is delivered or parked."""
        if self._tenants:
            milliseconds, number = position(entry.id)
            self._next = milliseconds, number + 1

    def due(self, now: float) -> list[tuple[str, bytes]]:
        """Return the tenants to be retried, each with its first entry."""
        return [
            (tenant, parked.first)
            for tenant, parked in self._tenants.items()
            if parked.until <= now
        ]

    def release(self, tenant: str) -> None:
        """Deliver a tenant's entries again, from the first that was parked."""
        parked = self._tenants.pop(tenant, None)
        if parked is not None:
            self._next = min(self._next, position(parked.first))
        if not self._tenants:
            self._next = ORIGIN


@cache
def _rules() -> ContractRules:
    return ContractRules()


def valid_parts(request: SubmitMessagesRequest) -> list[SubmitMessagesRequest]:
    """Return requests that deliver the valid items, and name the messages that never come.

    Empty where all items are valid, since the fault is then not in a message or a memory.
    """
    messages = [item for item in request.messages if _is_valid(request, messages=[item])]
    memories = [item for item in request.memories if _is_valid(request, memories=[item])]
    if len(messages) == len(request.messages) and len(memories) == len(request.memories):
        return []
    kept = {message.sequence for message in messages}
    rest = _request_with(request, messages=messages, memories=memories)
    rest.first_withheld_sequence = request.first_withheld_sequence
    rest.last_withheld_sequence = request.last_withheld_sequence
    rest.session_deleted = request.session_deleted
    never = [
        _request_with(request, first_withheld_sequence=sequence, last_withheld_sequence=sequence)
        for sequence in (message.sequence for message in request.messages)
        if sequence > 0 and sequence not in kept
    ]
    return [rest, *never]


def _is_valid(request: SubmitMessagesRequest, **item: Any) -> bool:
    return not _rules().violations(_request_with(request, **item))


def _request_with(request: SubmitMessagesRequest, **contents: Any) -> SubmitMessagesRequest:
    """Return a request for the same session, with other contents."""
    return SubmitMessagesRequest(
        session=request.session,
        session_uid=request.session_uid,
        user_id=request.user_id,
        extraction=request.extraction,
        time_zone=request.time_zone,
        **contents,
    )


log = structlog.get_logger()

_READ_AHEAD: Final = 8
_OUTAGES: Final = (errors.DeadlineExceeded, errors.StoreFull, errors.Unavailable)
"""Errors that concern every tenant alike."""


@dataclass(frozen=True, slots=True)
class DeliveryControl:
    """Callbacks of the relay: its lease on the partition, and its waits.

    Attributes:
        lasts: true while this relay may deliver the partition.
        wake: schedules another pass over the partition.
        backoff: the waits between two attempts of what fails.
        pause: waits so many seconds, but not beyond the end of the relay.
    """

    lasts: Callable[[], bool]
    wake: Callable[[], None]
    backoff: Backoff
    pause: Callable[[float], Awaitable[None]]


class Delivery:
    """Deliverer of the entries of one partition.

    While extraction is unavailable, everything waits. A refused tenant waits alone, with all
    its later entries, and the others continue.
    """

    def __init__(
        self,
        partition: int,
        outbox: Outbox,
        submit: Callable[[str, SubmitMessagesRequest], Awaitable[None]],
        control: DeliveryControl,
        *,
        max_bytes: int,
    ) -> None:
        """Deliver by `submit`, which takes requests of at most `max_bytes`."""
        self._partition = partition
        self._outbox = outbox
        self._submit = submit
        self._control = control
        self._max_bytes = max_bytes
        self._parked = ParkedTenants()
        self._outages = 0

    async def advance(self) -> bool:
        """Deliver the next few entries; False where no others were there behind them."""
        await self._retry_parked()
        entries = await self._outbox.read(self._partition, _READ_AHEAD, self._parked.start)
        for entry in entries:
            if not self._parked.covers(entry.tenant) and not await self._deliver(entry):
                return True
            if not self._control.lasts():
                break
            self._parked.skip(entry)
        return len(entries) == _READ_AHEAD

    async def _retry_parked(self) -> None:
        """Retry due tenants, with the first of their entries."""
        for tenant, first in self._parked.due(asyncio.get_running_loop().time()):
            found = await self._outbox.read(self._partition, 1, first)
            if found and found[0].id == first:
                await self._deliver(found[0])
            else:
                self._parked.release(tenant)

    async def _deliver(self, entry: OutboxEntry) -> bool:
        """Try once: the entry is accepted, dead-lettered, or its tenant parked.

        False where extraction is unavailable, after a pause. The entries must be read again: they
        may have been erased meanwhile.
        """
        try:
            await self._attempt(entry)
        except RedisError:
            raise
        except _OUTAGES as error:
            self._report_failure(error)
            self._outages += 1
            await self._control.pause(self._wait(error, self._outages - 1))
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the entry stays
            self._report_failure(error)
            self._park(entry, error)
        else:
            self._parked.release(entry.tenant)
        self._outages = 0
        return True

    async def _attempt(self, entry: OutboxEntry) -> None:
        waited = entry.age(time.time())
        with continued("outbox delivery", [entry.trace]) as span:
            span.set_attribute("agent_memory.waited_seconds", waited)
            try:
                await self._submit(entry.tenant, self._readable(entry))
            except (errors.InvalidFields, errors.OwnerMismatch) as error:
                note_failure(span, error)
                await self._reject(entry, error.message)
            except errors.SessionErased:
                # It was on its way when its user was erased.
                await self._outbox.acknowledge(self._partition, entry)
            else:
                await self._outbox.acknowledge(self._partition, entry)
                DELIVERED.inc()
                DELIVERY_SECONDS.observe(waited)

    async def _reject(self, entry: OutboxEntry, reason: str) -> None:
        """Dead-letter an entry, once its valid parts are delivered.

        A build before this one may have taken in a message or a memory that breaks its rules.
        Extraction is told which messages never come, so that it does not wait for them.
        """
        try:
            for part in valid_parts(self._readable(entry)):
                await self._submit(entry.tenant, part)
        except errors.SessionErased:
            await self._outbox.acknowledge(self._partition, entry)
            return
        except errors.InvalidFields:
            pass  # No single item is at fault.
        await self._dead_letter(entry, reason)

    def _park(self, entry: OutboxEntry, error: Exception) -> None:
        seconds = self._wait(error, self._parked.refusals(entry.tenant))
        loop = asyncio.get_running_loop()
        self._parked.park(entry, loop.time() + seconds)
        loop.call_later(seconds, self._control.wake)

    def _wait(self, error: Exception, failures: int) -> float:
        return self._control.backoff.wait(failures, at_least=retry_after_of(error))

    async def _dead_letter(self, entry: OutboxEntry, reason: str) -> None:
        await self._outbox.dead_letter(self._partition, entry, reason)
        BURIED.inc()
        log.error("relay.buried", partition=self._partition, entry=entry.id.decode())

    def _readable(self, entry: OutboxEntry) -> SubmitMessagesRequest:
        """Return the entry's request.

        Raises:
            InvalidFields: it can never be read.
        """
        if entry.size > self._max_bytes:
            raise errors.InvalidField("", "is larger than any service takes")
        try:
            return entry.request()
        except DecodeError:
            raise errors.InvalidField("", "is not a SubmitMessagesRequest") from None

    def _report_failure(self, error: Exception) -> None:
        FAILED.inc()
        log.warning("relay.failed", partition=self._partition, error=type(error).__name__)
