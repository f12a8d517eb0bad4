"""Writing of one summary, from reading a session to recording its result."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from agent_memory_services.working_memory.domain import windows
from agent_memory_services.working_memory.domain.session import (
    NO_VERSION,
    Session,
    SessionKey,
    Shown,
)
from agent_memory_services.working_memory.store.neighbours import MOST_SUMMARY_BYTES, Summarizer
from agent_memory_services.working_memory.store.sessions import SessionStore
from agent_memory_services.working_memory.store.summaries import Summary, SummaryRecorder

PORTION: Final = windows.Limits(messages=1_000, tokens=24_000)
"""The most that one summary takes in, whatever a session's window; the rest is the next one's."""


class UselessSummaryError(Exception):
    """The answer cannot take the place of what was said."""


class Result(Enum):
    """Results of an attempt.

    Attributes:
        RECORDED: the summary stands, and what it covers has left the view.
        OVERTAKEN: the session was changed in what the summary rests on; nothing happened.
        NEEDLESS: there is nothing to summarize.
    """

    RECORDED = auto()
    OVERTAKEN = auto()
    NEEDLESS = auto()


@dataclass(frozen=True, slots=True)
class SummaryOutcome:
    """Outcome of an attempt, and the version of the session that was read."""

    result: Result
    version: int = NO_VERSION


class SummaryWriter:
    """Writer of the summary of what has to leave the view of a session."""

    def __init__(
        self,
        store: SessionStore,
        recorder: SummaryRecorder,
        summarizer: Summarizer,
        trigger: windows.Trigger,
    ) -> None:
        """Read sessions from `store` and record with `recorder` what `summarizer` answers."""
        self._store = store
        self._recorder = recorder
        self._summarizer = summarizer
        self._trigger = trigger

    async def write(self, key: SessionKey) -> SummaryOutcome:
        """Make one attempt.

        Raises:
            UselessSummaryError: the answer says nothing, or more than a context can hold.
            ServiceError: there is no answer.
        """
        session = await self._store.read(key, with_memories=False)
        if session is None:
            return SummaryOutcome(Result.NEEDLESS)
        if not (leaving := self._leaving(session)):
            return SummaryOutcome(Result.NEEDLESS, session.version)
        text = await self._summarizer.summarize(
            key.tenant, [item.message for item in leaving], session.state.context
        )
        recorded = await self._recorder.record(session, Summary(_checked(text), leaving))
        return SummaryOutcome(Result.RECORDED if recorded else Result.OVERTAKEN, session.version)

    def _leaving(self, session: Session) -> Sequence[Shown]:
        """Return the messages that the session's next summary covers; empty where it needs none."""
        if not self._trigger.is_passed(session.tokens, session.window):
            return ()
        leaving = windows.overflow(session.shown, session.window or self._trigger.window)
        return windows.portion(leaving, PORTION) if leaving else ()


def _checked(summary: str) -> str:
    text = summary.strip()
    if not text or text.upper() == "NONE" or len(text.encode()) > MOST_SUMMARY_BYTES:
        raise UselessSummaryError
    return text
