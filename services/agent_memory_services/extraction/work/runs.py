"""One run of a job: look at its messages, keep what is found, store it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC

import structlog

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import DeduplicationPolicy
from agent_memory_services.extraction.extractors.base import Strategy
from agent_memory_services.extraction.finder import Brief, Finder
from agent_memory_services.extraction.memories import (
    Origin,
    from_given,
    from_message,
)
from agent_memory_services.extraction.queue.leases import Lease, Leases
from agent_memory_services.extraction.queue.records import Lane
from agent_memory_services.extraction.turns import (
    Window,
    WindowLimits,
    is_recalled,
    to_turn,
    windows,
    zone_of,
)
from agent_memory_services.extraction.views.runs import ViewRuns
from agent_memory_services.extraction.work.meters import Meters
from agent_memory_services.extraction.work.sink import LongTermMemory, Stored
from agent_memory_services.runtime.channels import acting_for

log = structlog.get_logger()

_QUERY_CHARACTERS = 2_000


class Runs:
    """Does the work of leased jobs, all but letting go of them."""

    def __init__(
        self,
        leases: Leases,
        memory: LongTermMemory,
        finder: Finder,
        views: ViewRuns,
        meters: Meters,
        *,
        limits: WindowLimits,
        known: int,
    ) -> None:
        """Cut sessions by `limits`, and show the extractor up to `known` memories it may repeat."""
        self._leases = leases
        self._memory = memory
        self._finder = finder
        self._views = views
        self._meters = meters
        self._limits = limits
        self._known = known

    async def perform(self, lease: Lease) -> Sequence[str]:
        """Do a job's work; returns the ids of the memories that hold its results.

        Doing it again, after any part of it, stores nothing twice: what was found is kept with
        the job before it is stored, and every memory has an id that follows from it.

        Raises:
            ExtractionFailed: the extractor could not work.
            ServiceError: long-term memory could not take the results.
            LeaseLost: the job is somebody else's.
            Unfinished: the job goes on later.
        """
        if lease.record.lane is Lane.VIEW:
            with acting_for(lease.record.tenant):
                await self._views.perform(lease)
                return ()
        if lease.record.lane is Lane.STORE:
            return await self._store_as_is(lease)
        with _acting_for_owner(lease):
            brief = _brief(lease)
            if brief.strategy is Strategy.SUMMARY:
                return await self._summarize(lease, brief)
            return await self._extract(lease, brief)

    async def _extract(self, lease: Lease, brief: Brief) -> list[str]:
        memory_ids: list[str] = []
        for window in self._windows(lease):
            memories = lease.results.get(window.name)
            if memories is None:
                found = await self._finder.facts(window, brief, await self._nearest(window, brief))
                await self._leases.keep(lease, window.name, found.memories, by=found.by)
                memories = found.memories
            memory_ids += self._noted(
                await self._memory.store(
                    memories,
                    # The same is often said again, in other words, and what it was may change.
                    deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_CONSOLIDATE,
                    ids_name_content=True,
                )
            )
        return memory_ids

    async def _summarize(self, lease: Lease, brief: Brief) -> Sequence[str]:
        origin = self._finder.origin(brief, self._finder.summarizer)
        stored = await self._memory.summary_of(origin)
        said = stored.text
        summary: Memory | None = None
        for window in self._windows(lease):
            memories = lease.results.get(window.name)
            if memories is None:
                found = await self._finder.summary(window, brief, said)
                await self._leases.keep(lease, window.name, found.memories, by=found.by)
                memories = found.memories
            for summary in memories:
                said = summary.text
        if summary is None or said == stored.text:
            return [stored.id] if stored.text else []
        summary.id = stored.id
        return self._noted(await self._memory.replace(summary))

    async def _store_as_is(self, lease: Lease) -> list[str]:
        job = lease.record.job
        origin = Origin(job.session, job.session_uid, job.user_id)
        with _acting_for_owner(lease):
            messages = await self._memory.store(
                list(_message_memories(lease.before, lease.messages, origin)),
                # What is said twice was said twice.
                deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_NONE,
                ids_name_content=True,
            )
        with acting_for(lease.record.tenant):
            given = await self._memory.store(
                [from_given(memory, origin) for memory in lease.memories],
                deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_UNSPECIFIED,
                ids_name_content=False,
            )
        return [*self._noted(messages), *self._noted(given)]

    async def _nearest(self, window: Window, brief: Brief) -> list[str]:
        if not self._known:
            return []
        text = " ".join(turn.text for turn in window.turns)[-_QUERY_CHARACTERS:].strip()
        if not text:
            return []
        origin = self._finder.origin(brief, self._finder.extractor)
        return await self._memory.known(text, origin, self._known)

    def _windows(self, lease: Lease) -> Iterator[Window]:
        return windows(
            [to_turn(message) for message in lease.messages],
            [to_turn(message) for message in lease.before],
            self._limits,
        )

    def _noted(self, stored: Stored) -> Sequence[str]:
        self._meters.stored(len(stored.memory_ids))
        for reason, count in stored.rejected.items():
            log.warning("run.memories_rejected", reason=reason, memories=count)
            self._meters.rejected(reason, count)
        return stored.memory_ids


def _acting_for_owner(lease: Lease) -> AbstractContextManager[None]:
    """Reach what the session's owner has in its namespace, and what nobody had before."""
    job = lease.record.job
    return acting_for(
        lease.record.tenant,
        users=frozenset({job.user_id, ""}),
        namespaces=frozenset({job.session.namespace}),
    )


def _brief(lease: Lease) -> Brief:
    record = lease.record
    return Brief(
        session=record.job.session,
        session_uid=record.job.session_uid,
        user_id=record.job.user_id,
        config=record.config,
        # What was accepted is worked on, even in a zone that nobody knows.
        zone=zone_of(record.time_zone) or UTC,
    )


def _message_memories(
    before: Sequence[Message], messages: Sequence[Message], origin: Origin
) -> Iterator[Memory]:
    previous: Message | None = None
    new = {message.sequence for message in messages}
    for message in [*before, *messages]:
        if is_recalled(message) or not message.content:
            continue
        if message.sequence in new:
            yield from_message(message, previous, origin)
        previous = message
