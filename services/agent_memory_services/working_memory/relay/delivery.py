"""Delivering one partition's outbox: in order, until everything is accepted or set aside."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from redis.exceptions import RedisError

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.runtime.errors import (
    DeadlineExceeded,
    InvalidField,
    InvalidFields,
    OwnerMismatch,
    SessionErased,
    StoreFull,
    Unavailable,
)
from agent_memory_services.runtime.tracing.spans import continued, note_failure
from agent_memory_services.working_memory.relay import metrics
from agent_memory_services.working_memory.relay.holds import Holds
from agent_memory_services.working_memory.relay.outbox import Outbox, OutboxEntry
from agent_memory_services.working_memory.relay.soundness import sound_parts

log = structlog.get_logger()

_READ_AHEAD: Final = 8
_OUTAGES: Final = (DeadlineExceeded, StoreFull, Unavailable)
"""What meets every tenant alike."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A relay's right to deliver a partition, and its patience.

    Attributes:
        lasts: whether the partition is still ours to deliver.
        wake: look at the partition again.
        wait: seconds until the next attempt of what failed with an error, so often before.
        pause: wait so many seconds, but not beyond the end.
    """

    lasts: Callable[[], bool]
    wake: Callable[[], None]
    wait: Callable[[Exception, int], float]
    pause: Callable[[float], Awaitable[None]]


class Delivery:
    """Hands the entries of one partition over.

    While extraction is away, everything waits. A tenant that is refused waits by itself, with all
    that comes after in its order, and the others go on.
    """

    def __init__(
        self,
        partition: int,
        outbox: Outbox,
        submit: Callable[[str, SubmitMessagesRequest], Awaitable[None]],
        turn: Turn,
        *,
        max_bytes: int,
    ) -> None:
        """Deliver by `submit`, which takes requests of at most `max_bytes`."""
        self._partition = partition
        self._outbox = outbox
        self._submit = submit
        self._turn = turn
        self._max_bytes = max_bytes
        self._holds = Holds()
        self._outages = 0

    async def advance(self) -> bool:
        """Deliver the next few entries; False where there are none to deliver now."""
        await self._try_held()
        entries = await self._outbox.read(self._partition, _READ_AHEAD, self._holds.start)
        for entry in entries:
            if not self._holds.covers(entry.tenant) and not await self._deliver(entry):
                return True
            if not self._turn.lasts():
                break
            self._holds.pass_over(entry)
        return bool(entries)

    async def _try_held(self) -> None:
        """Give tenants whose time has come another chance, with the first of their entries."""
        for tenant, first in self._holds.due(asyncio.get_running_loop().time()):
            found = await self._outbox.read(self._partition, 1, first)
            if found and found[0].id == first:
                await self._deliver(found[0])
            else:
                self._holds.release(tenant)

    async def _deliver(self, entry: OutboxEntry) -> bool:
        """Try once: the entry is accepted, set aside or held.

        False where extraction is away, after a pause. What was read is then to be read again: it
        may have been erased meanwhile.
        """
        try:
            await self._attempt(entry)
        except RedisError:
            raise
        except _OUTAGES as error:
            self._note(error)
            self._outages += 1
            await self._turn.pause(self._turn.wait(error, self._outages - 1))
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the entry stays
            self._note(error)
            self._hold(entry, error)
        else:
            self._holds.release(entry.tenant)
        self._outages = 0
        return True

    async def _attempt(self, entry: OutboxEntry) -> None:
        waited = entry.age(time.time())
        with continued("outbox delivery", [entry.trace]) as span:
            span.set_attribute("agent_memory.waited_seconds", waited)
            try:
                await self._submit(entry.tenant, self._readable(entry))
            except (InvalidFields, OwnerMismatch) as error:
                note_failure(span, error)
                await self._set_aside(entry, error.message)
            except SessionErased:
                # It was on its way when its user was erased.
                await self._outbox.acknowledge(self._partition, entry)
            else:
                await self._outbox.acknowledge(self._partition, entry)
                metrics.DELIVERED.inc()
                metrics.DELIVERY_SECONDS.observe(waited)

    async def _set_aside(self, entry: OutboxEntry, reason: str) -> None:
        """Bury an entry, once what is sound in it is handed over.

        A build before this one may have taken in a message or a memory that breaks its rules.
        Extraction is told which messages never come, so that it does not wait for them.
        """
        try:
            for part in sound_parts(self._readable(entry)):
                await self._submit(entry.tenant, part)
        except SessionErased:
            await self._outbox.acknowledge(self._partition, entry)
            return
        except InvalidFields:
            pass  # It is no single item that is refused.
        await self._bury(entry, reason)

    def _hold(self, entry: OutboxEntry, error: Exception) -> None:
        seconds = self._turn.wait(error, self._holds.refusals(entry.tenant))
        loop = asyncio.get_running_loop()
        self._holds.hold(entry, loop.time() + seconds)
        loop.call_later(seconds, self._turn.wake)

    async def _bury(self, entry: OutboxEntry, reason: str) -> None:
        await self._outbox.bury(self._partition, entry, reason)
        metrics.BURIED.inc()
        log.error("relay.buried", partition=self._partition, entry=entry.id.decode())

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

    def _note(self, error: Exception) -> None:
        metrics.FAILED.inc()
        log.warning("relay.failed", partition=self._partition, error=type(error).__name__)
