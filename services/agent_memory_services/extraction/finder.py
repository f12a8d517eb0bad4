"""Finds memories in windows of a session, with whatever extractor and summarizer there is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.extraction.extractors.base import (
    Candidate,
    Conversation,
    Extractor,
    Strategy,
)
from agent_memory_services.extraction.extractors.summarizers import Note, Summarizer, Task
from agent_memory_services.extraction.memories import Origin, from_candidate, from_summary
from agent_memory_services.extraction.turns import Window

_SUMMARY_WORDS: Final = 500
_MOST_CHARACTERS: Final = 24_000
"""Memories that are summed up at a time."""
_STRATEGIES: Final = {
    ExtractionStrategy.EXTRACTION_STRATEGY_UNSPECIFIED: Strategy.DISCRETE,
    ExtractionStrategy.EXTRACTION_STRATEGY_DISCRETE: Strategy.DISCRETE,
    ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY: Strategy.SUMMARY,
    ExtractionStrategy.EXTRACTION_STRATEGY_PREFERENCES: Strategy.PREFERENCES,
    ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM: Strategy.CUSTOM,
}


@dataclass(frozen=True, slots=True)
class Brief:
    """What to look for, and for whom.

    Attributes:
        session: The session.
        session_uid: Its incarnation.
        user_id: Its owner.
        config: What to look for.
        zone: The zone of relative dates.
    """

    session: SessionRef
    session_uid: str
    user_id: str
    config: ExtractionConfig
    zone: tzinfo

    @property
    def strategy(self) -> Strategy:
        """What to look for."""
        return _STRATEGIES[self.config.strategy]


class Finder:
    """An extractor and a summarizer behind one door."""

    def __init__(self, extractor: Extractor, summarizer: Summarizer) -> None:
        self.extractor = extractor
        self.summarizer = summarizer

    async def facts(self, window: Window, brief: Brief, known: Sequence[str]) -> list[Memory]:
        """The facts that the turns of a window state.

        Raises:
            ExtractionFailed: the extractor could not work.
        """
        conversation = Conversation(
            turns=window.turns,
            before=window.before,
            time_zone=brief.zone,
            strategy=brief.strategy,
            instructions=brief.config.custom_prompt,
            known=known,
        )
        origin = self.origin(brief, self.extractor)
        said = {turn.message_id: turn.at for turn in window.turns}
        return [
            from_candidate(candidate, origin, said=_last_said(candidate, said))
            for candidate in await self.extractor.extract(conversation)
        ]

    async def summary(self, window: Window, brief: Brief, previous: str) -> Memory | None:
        """The thread's summary, continued by a window; None where there is nothing to say.

        Raises:
            ExtractionFailed: the summarizer could not work.
        """
        turns = [turn for turn in window.turns if not turn.recalled and turn.text]
        text = previous
        if turns:
            words = brief.config.max_summary_words or _SUMMARY_WORDS
            text = await self.summarizer.summarize(turns, previous=previous, max_words=words)
        if not text:
            return None
        message_ids = list(dict.fromkeys(turn.message_id for turn in turns))
        return from_summary(text, message_ids, self.origin(brief, self.summarizer))

    async def condensed(self, notes: Sequence[Note], task: Task) -> str:
        """Memories summed up, the oldest first, however many there are.

        Raises:
            ExtractionFailed: the summarizer could not work.
        """
        summary = ""
        for some in _portions(notes):
            summary = await self.summarizer.condense(some, task, previous=summary)
        return summary

    @staticmethod
    def origin(brief: Brief, source: Extractor | Summarizer) -> Origin:
        """Where memories that `source` finds come from."""
        return Origin(
            session=brief.session,
            session_uid=brief.session_uid,
            user_id=brief.user_id,
            strategy=_PROTO[brief.strategy],
            extractor=source.name,
            version=source.version,
        )


def _portions(notes: Sequence[Note]) -> Iterator[list[Note]]:
    portion: list[Note] = []
    left = _MOST_CHARACTERS
    for note in notes:
        if portion and left < len(note.text):
            yield portion
            portion, left = [], _MOST_CHARACTERS
        portion.append(note)
        left -= len(note.text)
    if portion:
        yield portion


def _last_said(candidate: Candidate, said: dict[str, datetime]) -> datetime | None:
    return max((said[cited] for cited in candidate.message_ids if cited in said), default=None)


_PROTO: Final = {strategy: number for number, strategy in _STRATEGIES.items() if number}
