"""Requests to forget that messages hold: what is done about them, and the receipts of it.

A request is kept with the job before anything is forgotten, and so is what it is about to forget.
Repeating the job after any part of it forgets the same and tells the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from agent_memory.extraction.v1.extraction_pb2 import ForgetOutcome, ForgetReceipt
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    FORGET_REASON_REQUESTED,
    ForgetSubject,
)
from agent_memory_services.extraction.domain.facts import Answering, Wanted
from agent_memory_services.extraction.domain.memories import Origin
from agent_memory_services.extraction.store.queue import Lease, Leases
from agent_memory_services.extraction.store.sink import LongTermMemory
from agent_memory_services.extraction.work.meters import Meters
from agent_memory_services.kit.contract.messages import copied

log = structlog.get_logger()

# What the contract allows, in bytes and items.
_MAX_TEXT: Final = 2_048
_MAX_NAME: Final = 256
_MAX_NAMED: Final = 100
_MOST_REQUESTS: Final = 20
"""Requests of one window that are answered; no conversation holds more."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of a window, each with its receipt as far as it is known.

    Attributes:
        window: The window's name.
        subjects: What is to be forgotten.
        receipts: One receipt for each, in the same order.
    """

    window: str
    subjects: Sequence[ForgetSubject] = ()
    receipts: Sequence[ForgetReceipt] = ()

    @classmethod
    def of(cls, window: str, wanted: Sequence[Wanted]) -> "Requests":
        """Return the requests that were found in a window."""
        asked = wanted[:_MOST_REQUESTS]
        return cls(
            window,
            [_subject(each) for each in asked],
            [ForgetReceipt(message_id=each.message_id) for each in asked],
        )

    @classmethod
    def kept(cls, window: str, lease: Lease) -> "Requests":
        """Return the requests that an earlier attempt found in a window."""
        return cls(window, lease.wanted.get(window, ()), lease.receipts.get(window, ()))


def _subject(wanted: Wanted) -> ForgetSubject:
    subject = ForgetSubject(
        text=_cut(wanted.what, _MAX_TEXT),
        memory_ids=wanted.memory_ids[:_MAX_NAMED],
        speaker=_cut(wanted.speaker, _MAX_NAME),
        language=wanted.language,
    )
    subject.said_until.FromDatetime(wanted.at)
    return subject


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class RequestRules:
    """Choices of the operator.

    Attributes:
        answering: What a request does.
        most: The most facts that one request may forget.
    """

    answering: Answering = Answering.DELETE
    most: int = 20


@dataclass(frozen=True, slots=True)
class Forgetter:
    """Answers requests to forget, in long-term memory and in the job's receipts.

    Attributes:
        leases: Where receipts are kept while a job runs.
        memory: Where facts are forgotten.
        meters: Counts the outcomes.
        rules: The operator's choices.
    """

    leases: Leases
    memory: LongTermMemory
    meters: Meters
    rules: RequestRules = field(default_factory=RequestRules)

    async def answer(
        self, lease: Lease, requests: Requests, origin: Origin
    ) -> Sequence[ForgetReceipt]:
        """Do what requests ask for, and return the receipts.

        Raises:
            ServiceError: long-term memory cannot forget anything now.
            LeaseLost: another worker has the job.
        """
        subjects = [self._ruled(each) for each in requests.subjects]
        receipts = [
            await self._planned(subject, receipt, origin)
            for subject, receipt in zip(subjects, requests.receipts, strict=False)
        ]
        if any(each.memory_ids for each in receipts):
            await self.leases.keep_receipts(lease, requests.window, receipts)
        for subject, receipt in zip(subjects, receipts, strict=False):
            if receipt.memory_ids:
                await self.memory.forget(subject, origin, execute=True)
            outcome = ForgetOutcome.Name(receipt.outcome).removeprefix("FORGET_OUTCOME_").lower()
            self.meters.asked_to_forget(outcome)
            log.info(
                "job.forgot", job_id=lease.job_id, outcome=outcome, memories=len(receipt.memory_ids)
            )
        return receipts

    def _ruled(self, subject: ForgetSubject) -> ForgetSubject:
        ruled = copied(subject)
        ruled.most = self.rules.most
        ruled.mark_only = self.rules.answering is Answering.MARK
        return ruled

    async def _planned(
        self, subject: ForgetSubject, earlier: ForgetReceipt, origin: Origin
    ) -> ForgetReceipt:
        """Return the receipt of what a request is about to do, and of what it did before."""
        receipt = copied(earlier)
        if self.rules.answering is Answering.IGNORE:
            receipt.outcome = ForgetOutcome.FORGET_OUTCOME_IGNORED
            return receipt
        found = await self.memory.forget(subject, origin, execute=False)
        if found is None:
            receipt.outcome = ForgetOutcome.FORGET_OUTCOME_UNCLEAR
            return receipt
        meant = [
            each.memory_id
            for each in found.memories
            # A service of an earlier release would name what expired.
            if each.reason == FORGET_REASON_REQUESTED
        ]
        if len(meant) > self.rules.most:
            receipt.outcome = ForgetOutcome.FORGET_OUTCOME_TOO_MANY
            receipt.matched_count = found.forgotten_count
            return receipt
        ids = list(dict.fromkeys((*earlier.memory_ids, *meant)))
        del receipt.memory_ids[:]
        receipt.memory_ids.extend(ids)
        receipt.matched_count = len(ids)
        receipt.outcome = self._outcome(ids)
        return receipt

    def _outcome(self, ids: Sequence[str]) -> ForgetOutcome.ValueType:
        if not ids:
            return ForgetOutcome.FORGET_OUTCOME_NOTHING_FOUND
        if self.rules.answering is Answering.MARK:
            return ForgetOutcome.FORGET_OUTCOME_MARKED
        return ForgetOutcome.FORGET_OUTCOME_FORGOTTEN
