"""Extraction and summaries of windows of a session, with the chosen backend."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import partial
from typing import Final, Generic, TypeVar

import structlog

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    ConversationRefused,
    Extractor,
    Strategy,
    Turn,
    Wanted,
    Window,
)
from agent_memory_services.extraction.domain.memories import Origin, from_candidate, from_summary
from agent_memory_services.extraction.extractors.summarizers import Note, Summarizer, Task
from agent_memory_services.kit.contract import clock, context
from agent_memory_services.kit.redis.background import in_background
from agent_memory_services.language.en import claims
from agent_memory_services.language.en.parser import Parser, UnfitModelError, shared
from agent_memory_services.shared.claims import read_into
from agent_memory_services.shared.forgetting import means
from agent_memory_services.shared.model_api.failures import BudgetSpent

log = structlog.get_logger()

_SUMMARY_WORDS: Final = 500
_MOST_CHARACTERS: Final = 24_000
"""Memories that are summed up at a time."""
_MOST_REFUSED: Final = 8
"""Refusals of single items in a row, until it is not they that a model refuses."""
_LEAST_SECONDS: Final = 10.0
"""Time of a call that is left for rules, where looking for the refused items takes long."""
REFUSED: Final = "refused"
"""Why a message is counted among what was dropped: a model refuses it, and rules read it."""
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
        by: Who found them: the name of the extractor or summarizer, or several with commas.
        dropped: How many items of a model's answer were left out, by a short word for why.
        refused: The messages that a model refuses; rules read them.
        wanted: What the user asks to forget.
    """

    memories: Sequence[Memory]
    by: str
    dropped: Mapping[str, int] = field(default_factory=dict)
    refused: Sequence[str] = ()
    wanted: Sequence[Wanted] = ()


ItemT = TypeVar("ItemT")


@dataclass(slots=True)
class Continued(Generic[ItemT]):
    """Summary of items, continued around those that a model refuses.

    Attributes:
        text: The summary.
        refused: The items that it leaves out.
        by_model: True where the model wrote it; False where it refused everything, or took long.
    """

    text: str
    refused: list[ItemT] = field(default_factory=list)
    by_model: bool = False


class ExtractionPipeline:
    """Backends of extraction: the configured one, and the fallback where no budget is left."""

    def __init__(
        self, backend: Backend, *, fallback: Backend | None = None, parser: Parser | None = None
    ) -> None:
        """Work with `backend`, and with `fallback` where a tenant's budget does not allow these.

        The parser reads what facts claim; without one it is the process's own.
        """
        self._backend = backend
        self._fallback = fallback or backend
        self._read = partial(claims.read, parser=parser or shared())

    @property
    def extractor(self) -> Extractor:
        """The usual extractor."""
        return self._backend.extractor

    @property
    def summarizer(self) -> Summarizer:
        """The usual summarizer."""
        return self._backend.summarizer

    async def facts(
        self, window: Window, task: ExtractionTask, known: Sequence[Memory]
    ) -> ExtractionResult:
        """Return the facts that the turns of a window state.

        A message that the model refuses costs only itself: the window is halved around it, and
        rules read it.

        Raises:
            ExtractionFailed: the extractor failed.
        """
        try:
            return await self._found(self._backend, window, task, known)
        except BudgetSpent:
            return await self.by_rules(window, task, known)
        except ConversationRefused:
            return await self._around_refusal(window, task, known)

    async def by_rules(
        self, window: Window, task: ExtractionTask, known: Sequence[Memory] = ()
    ) -> ExtractionResult:
        """Return the facts that rules find in the turns of a window."""
        return await self._found(self._fallback, window, task, known)

    async def _around_refusal(
        self, window: Window, task: ExtractionTask, known: Sequence[Memory]
    ) -> ExtractionResult:
        bare = replace(window, before=())
        if window.before or known:
            try:
                return await self._found(self._backend, bare, task, ())
            except BudgetSpent:
                return await self.by_rules(window, task, known)
            except ConversationRefused:
                pass
        if parts := bare.parts():
            halves = [replace(part, before=window.before) for part in parts]
            return _together([await self.facts(half, task, known) for half in halves])
        log.warning("extractor.refused", extractor=self._backend.extractor.name)
        found = await self.by_rules(window, task, known)
        return replace(found, dropped={REFUSED: 1}, refused=[window.turns[0].message_id])

    async def _found(
        self, backend: Backend, window: Window, task: ExtractionTask, known: Sequence[Memory]
    ) -> ExtractionResult:
        conversation = Conversation(
            turns=window.turns,
            before=window.before,
            time_zone=task.zone,
            strategy=task.strategy,
            instructions=task.config.custom_prompt,
            known=[each.text for each in known],
            memories=known,
            language=task.config.language,
        )
        findings = await backend.extractor.extract(conversation)
        origin = self.origin(task, backend.extractor)
        memories = [_as_told(candidate, window, origin) for candidate in findings.candidates]
        with suppress(UnfitModelError):
            # Without a parser facts are stored without claims, as those that callers write.
            await in_background(read_into, memories, self._read)
        kept = [each for each in memories if not _is_to_be_forgotten(each, findings.wanted)]
        return ExtractionResult(
            kept, backend.extractor.name, findings.dropped, wanted=findings.wanted
        )

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
        text, summarizer, refused = await self.summed_up(turns, previous, words)
        dropped = {REFUSED: len(refused)} if refused else {}
        if not text or text == previous:
            return ExtractionResult((), summarizer.name, dropped, refused)
        message_ids = list(dict.fromkeys(turn.message_id for turn in turns))
        memory = from_summary(text, message_ids, self.origin(task, summarizer))
        return ExtractionResult([memory], summarizer.name, dropped, refused)

    async def summed_up(
        self, turns: Sequence[Turn], previous: str, max_words: int
    ) -> tuple[str, Summarizer, Sequence[str]]:
        """Return the continued summary, its writer, and the messages that it leaves out.

        It leaves out what the model refuses; where that is everything, rules write it.

        Raises:
            ExtractionFailed: the summarizer failed.
        """

        async def told(some: Sequence[Turn], so_far: str) -> str:
            summarizer = self._backend.summarizer
            return await summarizer.summarize(some, previous=so_far, max_words=max_words)

        try:
            continued = await _continued(turns, previous, told)
        except BudgetSpent:
            continued = Continued("")
        refused = list(dict.fromkeys(turn.message_id for turn in continued.refused))
        if continued.by_model:
            return continued.text, self._backend.summarizer, refused
        rules = self._fallback.summarizer
        text = await rules.summarize(turns, previous=previous, max_words=max_words)
        return text, rules, refused

    async def condensed(self, notes: Sequence[Note], task: Task) -> tuple[str, str]:
        """Summarize any number of memories, the oldest first; return the last writer's name too.

        It leaves out the memories that the model refuses.

        Raises:
            ConversationRefused: it refuses all of them.
            ExtractionFailed: the summarizer failed.
        """
        summary, backend = "", self._backend

        async def told(some: Sequence[Note], so_far: str) -> str:
            return await self._backend.summarizer.condense(some, task, previous=so_far)

        for some in _portions(notes):
            try:
                continued = await _continued(some, summary, told)
            except BudgetSpent:
                backend = self._fallback
                summary = await backend.summarizer.condense(some, task, previous=summary)
                continue
            if not continued.by_model:
                # Rules follow no instructions, and what stands may be better than theirs.
                raise ConversationRefused
            summary, backend = continued.text, self._backend
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
            time_zone=clock.zone_name(task.zone),
        )


async def _continued(
    items: Sequence[ItemT], text: str, told: Callable[[Sequence[ItemT], str], Awaitable[str]]
) -> Continued[ItemT]:
    """Continue a summary with items, halving them around those that the model refuses.

    Args:
        items: What it is to cover, in order.
        text: The summary so far.
        told: Continues a summary with some of the items.

    Raises:
        BudgetSpent: the present tenant may not ask.
        ExtractionFailed: the summarizer failed.
    """
    continued: Continued[ItemT] = Continued(text)
    left = [list(items)]
    while left:
        some = left.pop()
        try:
            continued.text = await told(some, continued.text)
            continued.by_model = True
        except ConversationRefused:
            if len(some) > 1:
                middle = len(some) // 2
                left += [some[middle:], some[:middle]]
            else:
                continued.refused += some
        if left and _is_too_late(continued):
            return replace(continued, by_model=False)
    if continued.refused:
        log.warning("summarizer.refused", items=len(continued.refused))
    return continued


def _is_too_late(continued: Continued[ItemT]) -> bool:
    time = context.remaining()
    late = time is not None and time < _LEAST_SECONDS
    return late or (not continued.by_model and len(continued.refused) >= _MOST_REFUSED)


def _together(found: Sequence[ExtractionResult]) -> ExtractionResult:
    """Return the results of parts as one."""
    dropped: Counter[str] = Counter()
    for each in found:
        dropped.update(each.dropped)
    names = dict.fromkeys(name for each in found for name in each.by.split(", ") if name)
    return ExtractionResult(
        [memory for each in found for memory in each.memories],
        ", ".join(names),
        dropped,
        [message_id for each in found for message_id in each.refused],
        [wanted for each in found for wanted in each.wanted],
    )


def _is_to_be_forgotten(memory: Memory, wanted: Sequence[Wanted]) -> bool:
    """Return true if the very message that asks to forget something states it."""
    cited = memory.provenance.message_ids
    return any(
        list(cited) == [each.message_id] and means(each.what, memory, each.speaker, each.language)
        for each in wanted
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
