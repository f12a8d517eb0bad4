"""Extraction and summaries of windows of a session, with the chosen backend."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    Extractor,
    Strategy,
    Turn,
    Window,
)
from agent_memory_services.extraction.domain.memories import Origin, from_candidate, from_summary
from agent_memory_services.extraction.extractors.summarizers import Note, Summarizer, Task
from agent_memory_services.kit.contract.clock import zone_name
from agent_memory_services.shared.model_api.failures import BudgetSpent

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
class ExtractionTask:
    """Request for an extraction: its strategy and its owner.

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
        """Kind of content to extract."""
        return _STRATEGIES[self.config.strategy]


@dataclass(frozen=True, slots=True)
class Backend:
    """An extractor and the summarizer that works in its way."""

    extractor: Extractor
    summarizer: Summarizer


@dataclass(frozen=True, slots=True)
class ExtractionResult:
    """Result of an extraction.

    Attributes:
        memories: The memories.
        by: The name of the extractor or summarizer that found them.
        dropped: How many items of a model's answer were left out, by a short word for why.
    """

    memories: Sequence[Memory]
    by: str
    dropped: Mapping[str, int] = field(default_factory=dict)


class ExtractionPipeline:
    """Backends of extraction: the configured one, and the fallback where no budget is left."""

    def __init__(self, backend: Backend, *, fallback: Backend | None = None) -> None:
        """Work with `backend`, and with `fallback` where a tenant's budget does not allow these."""
        self._backend = backend
        self._fallback = fallback or backend

    @property
    def extractor(self) -> Extractor:
        """The usual extractor."""
        return self._backend.extractor

    @property
    def summarizer(self) -> Summarizer:
        """The usual summarizer."""
        return self._backend.summarizer

    async def facts(
        self, window: Window, task: ExtractionTask, known: Sequence[str]
    ) -> ExtractionResult:
        """Return the facts that the turns of a window state.

        Raises:
            ExtractionFailed: the extractor failed.
        """
        conversation = Conversation(
            turns=window.turns,
            before=window.before,
            time_zone=task.zone,
            strategy=task.strategy,
            instructions=task.config.custom_prompt,
            known=known,
            language=task.config.language,
        )
        backend = self._backend
        try:
            findings = await backend.extractor.extract(conversation)
        except BudgetSpent:
            backend = self._fallback
            findings = await backend.extractor.extract(conversation)
        origin = self.origin(task, backend.extractor)
        memories = [_as_told(candidate, window, origin) for candidate in findings.candidates]
        return ExtractionResult(memories, backend.extractor.name, findings.dropped)

    async def summary(
        self, window: Window, task: ExtractionTask, previous: str
    ) -> ExtractionResult:
        """Return the thread's summary, continued by a window; empty where nothing is new.

        Raises:
            ExtractionFailed: the summarizer failed.
        """
        turns = [turn for turn in window.turns if not turn.recalled and turn.text]
        if not turns:
            return ExtractionResult((), "")
        words = task.config.max_summary_words or _SUMMARY_WORDS
        text, summarizer = await self.summed_up(turns, previous, words)
        if not text or text == previous:
            return ExtractionResult((), summarizer.name)
        message_ids = list(dict.fromkeys(turn.message_id for turn in turns))
        return ExtractionResult(
            [from_summary(text, message_ids, self.origin(task, summarizer))], summarizer.name
        )

    async def summed_up(
        self, turns: Sequence[Turn], previous: str, max_words: int
    ) -> tuple[str, Summarizer]:
        """Return the continued summary, and the summarizer that wrote it.

        Raises:
            ExtractionFailed: the summarizer failed.
        """
        backend = self._backend
        try:
            text = await backend.summarizer.summarize(turns, previous=previous, max_words=max_words)
        except BudgetSpent:
            backend = self._fallback
            text = await backend.summarizer.summarize(turns, previous=previous, max_words=max_words)
        return text, backend.summarizer

    async def condensed(self, notes: Sequence[Note], task: Task) -> tuple[str, str]:
        """Summarize any number of memories, the oldest first; return the last writer's name too.

        Raises:
            ExtractionFailed: the summarizer failed.
        """
        summary, backend = "", self._backend
        for some in _portions(notes):
            try:
                summary = await backend.summarizer.condense(some, task, previous=summary)
            except BudgetSpent:
                backend = self._fallback
                summary = await backend.summarizer.condense(some, task, previous=summary)
        return summary, backend.summarizer.name

    @staticmethod
    def origin(task: ExtractionTask, source: Extractor | Summarizer) -> Origin:
        """Return the origin of memories that `source` finds."""
        return Origin(
            session=task.session,
            session_uid=task.session_uid,
            user_id=task.user_id,
            strategy=_PROTO[task.strategy],
            extractor=source.name,
            version=source.version,
            time_zone=zone_name(task.zone),
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


def _as_told(candidate: Candidate, window: Window, origin: Origin) -> Memory:
    """Return a fact as a memory, with when and in which words it was said."""
    cited = [turn for turn in window.turns if turn.message_id in candidate.message_ids]
    return from_candidate(
        candidate,
        origin,
        said=max((turn.at for turn in cited), default=None),
        context=" ".join(f"{turn.name or turn.role}: {turn.text}" for turn in cited),
    )


_PROTO: Final = {strategy: number for number, strategy in _STRATEGIES.items() if number}
