"""Step that records a summary in the place of the messages that it covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from redis.asyncio import Redis

from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.working_memory.domain.session import SequenceRange, Session, Shown
from agent_memory_services.working_memory.domain.windows import Trigger
from agent_memory_services.working_memory.store.keys import SessionAddress, partition_prefix
from agent_memory_services.working_memory.store.records import write_place


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


@script(
    "agent_memory_services.working_memory.store",
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/summaries",
    "lua/summaries/record",
)
def _record(
    partition: Key,
    meta: Key,
    view: Key,
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
        address = SessionAddress.of(session.key, self._partitions)
        before = session.state
        verdict, *_ = await _record(
            self._client,
            partition_prefix(address.partition),
            address.parts.meta,
            address.parts.view,
            member=address.member,
            uid=session.uid,
            continued=_Context.of(before.context, before.context_range),
            recorded=_Context.of(summary.text, summary.range_with(before.context_range)),
            covered=[write_place(item.entry) for item in summary.covered],
            trigger=self._trigger,
        )
        return bool(verdict == b"ok")
