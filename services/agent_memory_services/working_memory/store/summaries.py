"""Summaries of sessions: the queue of those that are due, and the record of one that is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, Self

from redis.asyncio import Redis

from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.keys import decode
from agent_memory_services.working_memory.domain.session import (
    SequenceRange,
    Session,
    SessionKey,
    Shown,
)
from agent_memory_services.working_memory.domain.windows import Trigger
from agent_memory_services.working_memory.store import records

_MICROS: Final = 1_000_000

P = ParamSpec("P")


def _step(name: str) -> Callable[[Callable[P, Any]], scripts.Script[P]]:
    shared = ("lua/session/prelude", "lua/session/summaries")
    return scripts.script(
        "agent_memory_services.working_memory.store", *shared, f"lua/summaries/{name}"
    )


@_step("claim")
def _claim(partition: scripts.Key, *, lease: int) -> Any:
    """Take the session that has waited longest, for so many microseconds."""


@_step("postpone")
def _postpone(
    partition: scripts.Key, *, member: bytes, claim: bytes, wait: int, failures: int
) -> Any:
    """Give a claim back for later, by a wait in microseconds, and count failures."""


@_step("dequeue")
def _dequeue(partition: scripts.Key, meta: scripts.Key, *, member: bytes, version: int) -> Any:
    """Remove a session that still has the version that was looked at."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to summarize a session until the lease ends.

    Attributes:
        partition: where it waits.
        member: its place in the queue.
        lease: names the claim.
        trace: of the write that put it down; empty where that was not traced.
        failures: number of attempts that failed in a row before it.
    """

    partition: int
    member: bytes
    lease: bytes
    trace: str
    failures: int

    @property
    def key(self) -> SessionKey:
        """The session."""
        tenant, namespace, session_id = map(decode, self.member.decode().split(":"))
        return SessionKey(tenant, namespace, session_id)


class SummaryQueue:
    """The queues of all partitions of one Redis."""

    def __init__(
        self, client: Redis, partitions: int, backoff: Backoff, *, lease_seconds: float
    ) -> None:
        """Claims last `lease_seconds`; after that a second worker may claim the same session."""
        self._client = client
        self._partitions = partitions
        self._backoff = backoff
        self._lease = int(lease_seconds * _MICROS)

    async def due(self) -> Sequence[int]:
        """Return the partitions in which a session waits; one round trip."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for partition in range(self._partitions):
                pipeline.zcount(records.summaries_key(partition), "-inf", now_micros())
            counts = await pipeline.execute()
        return [partition for partition, count in enumerate(counts) if count]

    async def claim(self, partition: int) -> Claim | None:
        """Take the session that has waited longest; None where none is due."""
        found = await _claim(self._client, records.partition_prefix(partition), lease=self._lease)
        if found is None:
            return None
        member, lease, trace, failures = found
        return Claim(partition, member, lease, trace.decode(), failures)

    async def postpone(self, claim: Claim, *, at_least: float | None = None) -> None:
        """Count a failure and let the session wait, for `at_least` so many seconds."""
        wait = self._backoff.wait(claim.failures, at_least=at_least)
        await self._put_back(claim, wait, failures=1)

    async def hand_back(self, claim: Claim) -> None:
        """Let another worker take the session at once."""
        await self._put_back(claim, 0.0, failures=0)

    async def dequeue(self, claim: Claim, version: int) -> None:
        """Remove a session that needs no summary as it was in this version."""
        await _dequeue(
            self._client,
            records.partition_prefix(claim.partition),
            records.SessionAddress.of(claim.key, self._partitions).parts.meta,
            member=claim.member,
            version=version,
        )

    async def _put_back(self, claim: Claim, seconds: float, *, failures: int) -> None:
        await _postpone(
            self._client,
            records.partition_prefix(claim.partition),
            member=claim.member,
            claim=claim.lease,
            wait=int(seconds * _MICROS),
            failures=failures,
        )


@dataclass(frozen=True, slots=True)
class _Context:
    """A context, and the part of the log that it covers, where it covers one."""

    text: str
    first: int | None
    last: int | None

    @classmethod
    def of(cls, text: str, covered: SequenceRange | None) -> Self:
        if covered is None:
            return cls(text, None, None)
        return cls(text, covered.first, covered.last)


@scripts.script(
    "agent_memory_services.working_memory.store",
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/summaries",
    "lua/summaries/record",
)
def _record(
    partition: scripts.Key,
    meta: scripts.Key,
    view: scripts.Key,
    *,
    member: str,
    uid: str,
    continued: _Context,
    recorded: _Context,
    covered: Sequence[bytes],
    trigger: Trigger,
) -> Any:
    """Record a summary that continues a context and covers the first places of the view."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of a session.

    Attributes:
        text: what it says; it continues the context that the session had.
        covered: the messages in view that it stands for, from the oldest on.
    """

    text: str
    covered: Sequence[Shown]

    def range_with(self, before: SequenceRange | None) -> SequenceRange:
        """Return the part of the log that it covers, with the part of the summary before it."""
        sequences = [item.entry.sequence for item in self.covered]
        if before is not None:
            sequences += [before.first, before.last]
        return SequenceRange(min(sequences), max(sequences))


class SummaryRecorder:
    """Recorder of summaries in one Redis."""

    def __init__(self, client: Redis, partitions: int, trigger: Trigger) -> None:
        """A session that is beyond the trigger even then waits for another summary."""
        self._client = client
        self._partitions = partitions
        self._trigger = trigger

    async def record(self, session: Session, summary: Summary) -> bool:
        """Put the summary in the place of what it covers, in the session as it is now.

        False where the session is no longer the one that was read: its context or the beginning
        of its view was changed, or it is gone. Messages that joined meanwhile do not matter.
        """
        address = records.SessionAddress.of(session.key, self._partitions)
        before = session.state
        verdict, *_ = await _record(
            self._client,
            records.partition_prefix(address.partition),
            address.parts.meta,
            address.parts.view,
            member=address.member,
            uid=session.uid,
            continued=_Context.of(before.context, before.context_range),
            recorded=_Context.of(summary.text, summary.range_with(before.context_range)),
            covered=[records.write_place(item.entry) for item in summary.covered],
            trigger=self._trigger,
        )
        return bool(verdict == b"ok")
