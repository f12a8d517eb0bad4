"""Runs of jobs, around those of their messages and memories that fail."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import Final, TypeVar

import structlog

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.extraction_pb2 import ForgetOutcome, ForgetReceipt, SkippedItem
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import DeduplicationPolicy
from agent_memory_services.extraction.domain.facts import (
    ConversationRefused,
    ExtractionFailed,
    Strategy,
    Window,
    WindowLimits,
    is_recalled,
    to_turn,
    windows,
)
from agent_memory_services.extraction.domain.failures import failure_of, says_nothing_of_messages
from agent_memory_services.extraction.domain.memories import Origin, from_given, from_message
from agent_memory_services.extraction.domain.records import Lane
from agent_memory_services.extraction.pipeline import (
    REFUSED,
    ExtractionPipeline,
    ExtractionResult,
    ExtractionTask,
)
from agent_memory_services.extraction.store.queue import Lease, Leases
from agent_memory_services.extraction.store.sink import LongTermMemory, Rejection, Stored
from agent_memory_services.extraction.views.runs import ViewRuns
from agent_memory_services.extraction.work.meters import Meters
from agent_memory_services.extraction.work.requests import Forgetter, RequestRules, Requests
from agent_memory_services.kit.client.channels import acting_for
from agent_memory_services.kit.contract import clock, status
from agent_memory_services.shared.content import told

_MOST_NAMED: Final = 100
_MOST_UNFIT: Final = 8
"""Messages in a row that a model gives no fitting answer about, until it is not they that are to
blame: to ask about every message of every job would be dear."""
_Made = TypeVar("_Made")
_Look = Callable[[Window], Awaitable[Sequence[Memory]]]


class Salvage:
    """One attempt at a job, and what it leaves out.

    The first attempt at a job fails as a whole where looking at a window fails, since another one
    may meet no fault at all. Every further attempt looks for the message that is to blame.
    """

    def __init__(self, lease: Lease) -> None:
        """Begin with what could not even be read."""
        self._sequences = {message.id: message.sequence for message in lease.messages}
        self._searching = lease.record.job.attempt > 1
        self._skipped = list(lease.payload.skipped)
        self._blamed: list[tuple[Window, Exception]] = []
        self._looked = False

    @property
    def searching(self) -> bool:
        """True if a failure is narrowed down to the items at fault."""
        return self._searching

    @property
    def skipped(self) -> Sequence[SkippedItem]:
        """Items left out, as far as they are named."""
        return self._skipped[:_MOST_NAMED]

    @property
    def skipped_count(self) -> int:
        """Number of items left out."""
        return len(self._skipped)

    def made_of_message(self, message: Message, make: Callable[[Message], _Made]) -> _Made | None:
        """Return what `make` builds of a message; None where it fails."""
        try:
            return make(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this message
            self._skip_message(message.id, error)
            return None

    def made_of_memory(self, memory: Memory, make: Callable[[Memory], _Made]) -> _Made | None:
        """Return what `make` builds of a placed memory; None where it fails."""
        try:
            return make(memory)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this memory
            self._skipped.append(SkippedItem(memory_id=memory.id, error=status.item_status(error)))
            return None

    def rejected(self, rejections: Sequence[Rejection]) -> None:
        """Leave out what long-term memory refused for good."""
        for rejection in rejections:
            item = SkippedItem(error=status.status_of(rejection.refusal))
            memory = rejection.memory
            # A placed memory may carry a sequence of its own, and no message.
            if memory.sequence and memory.provenance.message_ids:
                item.message_id = memory.provenance.message_ids[0]
                item.sequence = memory.sequence
            else:
                item.memory_id = memory.id
            self._skipped.append(item)

    async def looked_at(self, window: Window, look: _Look) -> list[Sequence[Memory]]:
        """Extract from a window, from ever smaller parts of it where that fails.

        Raises:
            Exception: Whatever `look` raises that says nothing of the messages, or is raised in
                the first attempt.
        """
        try:
            found = await look(window)
        except Exception as error:
            if not self._searching or says_nothing_of_messages(error):
                raise
            cause = error
        else:
            self._looked = True
            return [found]
        if parts := window.parts():
            return [found for part in parts for found in await self.looked_at(part, look)]
        self._blamed.append((window, cause))
        unfit = isinstance(cause, ExtractionFailed) and cause.reason == "bad_answer"
        if unfit and not self._looked and len(self._blamed) >= _MOST_UNFIT:
            raise cause
        return []

    def refused(self, message_ids: Sequence[str]) -> None:
        """Name the messages that a model refuses; what rules find in them is stored."""
        for message_id in message_ids:
            self._skip_message(message_id, ConversationRefused())

    def conclude(self) -> Sequence[Window]:
        """End the looking, and leave out the messages that are to blame.

        Returns:
            Windows of which a model made nothing; rules may.

        Raises:
            Exception: What looking failed with, where it failed for every message: then no single
                one is to blame.
        """
        if self._blamed and not self._looked:
            raise self._blamed[-1][1]
        for window, error in self._blamed:
            self._skip_message(window.turns[0].message_id, error)
        return [window for window, error in self._blamed if isinstance(error, ExtractionFailed)]

    def _skip_message(self, message_id: str, error: Exception) -> None:
        self._skipped.append(
            SkippedItem(
                message_id=message_id,
                sequence=self._sequences.get(message_id, 0),
                error=failure_of(error).status,
            )
        )


log = structlog.get_logger()

_QUERY_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Done:
    """Result of a run: the memories that hold its results, the items it left out, and receipts."""

    memory_ids: Sequence[str] = ()
    skipped: Sequence[SkippedItem] = ()
    receipts: Sequence[ForgetReceipt] = ()


class Runs:
    """Runner of leased jobs, which leaves their completion to the caller."""

    def __init__(
        self,
        leases: Leases,
        memory: LongTermMemory,
        pipeline: ExtractionPipeline,
        views: ViewRuns,
        meters: Meters,
        *,
        limits: WindowLimits,
        known: int,
        requests: RequestRules | None = None,
    ) -> None:
        """Cut sessions by `limits`, and show the extractor up to `known` memories it may repeat.

        Requests to forget are answered by `requests`, or by the usual rules.
        """
        self._leases = leases
        self._memory = memory
        self._pipeline = pipeline
        self._views = views
        self._meters = meters
        self._limits = limits
        self._known = known
        self._forgetter = Forgetter(leases, memory, meters, requests or RequestRules())

    async def perform(self, lease: Lease) -> Done:
        """Do a job's work, as far as its messages and memories can be worked on.

        Doing it again, after any part of it, stores nothing twice: what was found is kept with
        the job before it is stored, and every memory has an id that follows from it.

        Raises:
            ExtractionFailed: the extractor failed.
            ServiceError: long-term memory could not take the results.
            LeaseLost: another worker has the job.
            Unfinished: the job continues later.
        """
        if lease.record.lane is Lane.VIEW:
            with acting_for(lease.record.tenant):
                await self._views.perform(lease)
                return Done()
        taken_back = await self._leases.taken_back(lease)
        lease = lease.without(taken_back)
        salvage = Salvage(lease)
        done = await self._performed(lease, salvage)
        # Of what was taken back while it was worked on, facts may be stored by now.
        late = await self._leases.taken_back(lease)
        if lease.record.job.attempt > 1:
            late |= taken_back
        if late:
            with _acting_for_owner(lease):
                await self._memory.take_back(_origin(lease), sorted(late))
        self._note_skipped(lease, salvage)
        return replace(done, skipped=salvage.skipped)

    async def _performed(self, lease: Lease, salvage: Salvage) -> Done:
        if lease.record.lane is Lane.STORE:
            return Done(await self._store_as_is(lease, salvage))
        task = _task(lease)
        with _acting_for_owner(lease):
            if task.strategy is Strategy.SUMMARY:
                return Done(await self._summarize(lease, task, salvage))
            return await self._extract(lease, task, salvage)

    async def _extract(self, lease: Lease, task: ExtractionTask, salvage: Salvage) -> Done:
        asked: list[Requests] = []

        async def kept(window: Window, found: ExtractionResult) -> Sequence[Memory]:
            salvage.refused(found.refused)
            requests = Requests.of(window.name, found.wanted)
            asked.append(requests)
            await self._leases.keep(
                lease,
                window.name,
                found.memories,
                by=found.by,
                dropped=found.dropped,
                wanted=requests.subjects,
                receipts=requests.receipts,
            )
            self._meters.left_out(found.dropped)
            return found.memories

        async def facts(window: Window) -> Sequence[Memory]:
            memories = lease.results.get(window.name)
            if memories is not None:
                asked.append(Requests.kept(window.name, lease))
                return memories
            # What is shown for reference may be to blame for earlier failures, memories included.
            blamed = salvage.searching and lease.record.strikes and not window.before
            known = [] if blamed else await self._nearest(window, task)
            return await kept(window, await self._pipeline.facts(window, task, known))

        async def stored(memories: Sequence[Memory]) -> Sequence[str]:
            done = await self._memory.store(
                memories,
                # The same is often said again, in other words, and what it was may change.
                deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_CONSOLIDATE,
                ids_name_content=True,
                past_incidents=salvage.searching,
            )
            return self._noted(done)

        async def forgotten() -> list[ForgetReceipt]:
            # Facts of the same messages are stored by now, so that none of them is missed.
            origin = self._pipeline.origin(task, self._pipeline.extractor)
            found = [await self._forgetter.answer(lease, each, origin) for each in asked]
            asked.clear()
            return [receipt for receipts in found for receipt in receipts]

        memory_ids: list[str] = []
        receipts: list[ForgetReceipt] = []
        for window in self._windows(lease, salvage):
            for memories in await salvage.looked_at(window, facts):
                memory_ids += await stored(memories)
            receipts += await forgotten()
        for window in salvage.conclude():
            found = await self._pipeline.by_rules(window, task)
            found = replace(found, dropped={REFUSED: 1})
            memory_ids += await stored(await kept(window, found))
        receipts += await forgotten()
        gone = {
            memory_id
            for receipt in receipts
            if receipt.outcome == ForgetOutcome.FORGET_OUTCOME_FORGOTTEN
            for memory_id in receipt.memory_ids
        }
        return Done([each for each in memory_ids if each not in gone], receipts=receipts)

    async def _summarize(
        self, lease: Lease, task: ExtractionTask, salvage: Salvage
    ) -> Sequence[str]:
        origin = self._pipeline.origin(task, self._pipeline.summarizer)
        stored = await self._memory.summary_of(origin)
        said = stored.text
        summary: Memory | None = None

        async def continued(window: Window) -> Sequence[Memory]:
            nonlocal said, summary
            memories = lease.results.get(window.name)
            if memories is None:
                found = await self._pipeline.summary(window, task, said)
                salvage.refused(found.refused)
                await self._leases.keep(
                    lease, window.name, found.memories, by=found.by, dropped=found.dropped
                )
                memories = found.memories
            for summary in memories:
                said = summary.text
            return memories

        for window in self._windows(lease, salvage):
            await salvage.looked_at(window, continued)
        salvage.conclude()
        if summary is None or said == stored.text:
            return [stored.id] if stored.text else []
        summary.id = stored.id
        return self._noted(await self._memory.replace(summary))

    async def _store_as_is(self, lease: Lease, salvage: Salvage) -> list[str]:
        origin = _origin(lease)
        with _acting_for_owner(lease):
            if lease.record.unindexing:
                await self._memory.delete_messages(origin)
            messages = await self._memory.store(
                list(_message_memories(lease, origin, salvage)),
                # What is said twice was said twice.
                deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_NONE,
                ids_name_content=True,
                past_incidents=salvage.searching,
            )
        with acting_for(lease.record.tenant):
            given = await self._memory.store(
                list(_given_memories(lease, origin, salvage)),
                deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_UNSPECIFIED,
                ids_name_content=False,
                past_incidents=salvage.searching,
            )
        salvage.rejected(messages.rejected)
        salvage.rejected(given.rejected)
        return [*self._noted(messages), *self._noted(given)]

    async def _nearest(self, window: Window, task: ExtractionTask) -> list[Memory]:
        if not self._known:
            return []
        text = " ".join(turn.text for turn in window.turns)[-_QUERY_CHARACTERS:].strip()
        if not text:
            return []
        origin = self._pipeline.origin(task, self._pipeline.extractor)
        return await self._memory.known(text, origin, self._known)

    def _windows(self, lease: Lease, salvage: Salvage) -> Iterator[Window]:
        turns = [salvage.made_of_message(message, to_turn) for message in lease.messages]
        return windows(
            [turn for turn in turns if turn is not None],
            [to_turn(message) for message in lease.before],
            self._limits,
        )

    def _noted(self, stored: Stored) -> Sequence[str]:
        self._meters.stored(len(stored.memory_ids))
        reasons = Counter(ErrorReason.Name(one.refusal.reason) for one in stored.rejected)
        for reason, count in reasons.items():
            log.warning("run.memories_rejected", reason=reason, memories=count)
            self._meters.rejected(reason, count)
        return stored.memory_ids

    def _note_skipped(self, lease: Lease, salvage: Salvage) -> None:
        if salvage.skipped_count:
            log.warning("job.items_skipped", job_id=lease.job_id, items=salvage.skipped_count)
            self._meters.skipped(salvage.skipped_count)


def _origin(lease: Lease) -> Origin:
    job = lease.record.job
    zone = clock.zone_name(_task(lease).zone)
    return Origin(job.session, job.session_uid, job.user_id, time_zone=zone)


def _acting_for_owner(lease: Lease) -> AbstractContextManager[None]:
    """Reach the memories of the session's owner in its namespace, and those without an owner."""
    job = lease.record.job
    return acting_for(
        lease.record.tenant,
        users=frozenset({job.user_id, ""}),
        namespaces=frozenset({job.session.namespace}),
    )


def _task(lease: Lease) -> ExtractionTask:
    record = lease.record
    return ExtractionTask(
        session=record.job.session,
        session_uid=record.job.session_uid,
        user_id=record.job.user_id,
        config=record.config,
        # An accepted job is processed even if its time zone is unknown here.
        zone=clock.zone_of(record.time_zone) or UTC,
    )


def _message_memories(lease: Lease, origin: Origin, salvage: Salvage) -> Iterator[Memory]:
    if lease.record.unindexing:
        return
    before: list[Message] = []
    new = {message.sequence for message in lease.messages}
    for message in [*lease.before, *lease.messages]:
        if is_recalled(message) or not told(message):
            continue
        if message.sequence in new:
            make = partial(from_message, before=before, origin=origin)
            if (memory := salvage.made_of_message(message, make)) is not None:
                yield memory
        before.append(message)


def _given_memories(lease: Lease, origin: Origin, salvage: Salvage) -> Iterator[Memory]:
    for memory in lease.memories:
        complete = salvage.made_of_memory(memory, partial(from_given, origin=origin))
        if complete is not None:
            yield complete
