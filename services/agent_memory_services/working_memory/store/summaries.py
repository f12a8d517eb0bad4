"""Step that records a summary in the place of the messages that it covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis
from redis.typing import EncodableT

from agent_memory_services.kit.redis.scripts import Script
from agent_memory_services.working_memory.domain.session import SequenceRange, Session, Shown
from agent_memory_services.working_memory.domain.windows import Trigger
from agent_memory_services.working_memory.store.keys import SessionAddress, partition_prefix
from agent_memory_services.working_memory.store.records import write_place
from agent_memory_services.working_memory.store.sessions import trigger_args

_RECORD: Final = Script(
    "agent_memory_services.working_memory.store",
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/summaries",
    "lua/summaries/record",
)


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
        verdict, *_ = await _RECORD(
            self._client,
            address.keys("meta", "view"),
            [
                *(partition_prefix(address.partition), address.member, session.uid),
                *_context_args(session.state.context, session.state.context_range),
                *_context_args(summary.text, summary.range_with(session.state.context_range)),
                len(summary.covered),
                *(write_place(item.entry) for item in summary.covered),
                *trigger_args(self._trigger),
            ],
        )
        return bool(verdict == b"ok")


def _context_args(context: str, covered: SequenceRange | None) -> tuple[EncodableT, ...]:
    if covered is None:
        return context, "", ""
    return context, covered.first, covered.last
