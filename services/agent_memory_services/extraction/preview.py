"""Preview of an extraction, which stores nothing."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import tzinfo

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.extraction.domain.facts import (
    ExtractionFailed,
    Strategy,
    Window,
    WindowLimits,
    to_turn,
    windows,
)
from agent_memory_services.extraction.domain.failures import ExtractorFailed
from agent_memory_services.extraction.pipeline import (
    ExtractionPipeline,
    ExtractionResult,
    ExtractionTask,
)
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.contract.messages import copied

_SUMMARY_WORDS = 300


class Preview:
    """Extraction from messages that callers send along."""

    def __init__(self, pipeline: ExtractionPipeline, limits: WindowLimits) -> None:
        self._pipeline = pipeline
        self._limits = limits

    async def memories(
        self,
        messages: Sequence[Message],
        before: Sequence[Message],
        config: ExtractionConfig,
        time_zone: str,
    ) -> ExtractionResult:
        """Return the memories that a strategy would find, without ids yet, and who would find them.

        Raises:
            InvalidField: there is no such time zone.
            ExtractorFailed: the extractor failed.
        """
        task = ExtractionTask(SessionRef(), "", "", config, _zone(time_zone))
        if config.strategy == ExtractionStrategy.EXTRACTION_STRATEGY_NONE:
            return ExtractionResult((), "")
        cut = windows(
            [to_turn(message) for message in _named(messages)],
            [to_turn(message) for message in before],
            self._limits,
        )
        try:
            found = await self._look(cut, task)
        except ExtractionFailed as failed:
            raise ExtractorFailed(failed.reason, failed.retry_after, failed.dropped) from failed
        given = {message.id for message in messages}
        return ExtractionResult(
            [_without_ids(memory, given) for memory in found.memories], found.by, found.dropped
        )

    async def summary(
        self, messages: Sequence[Message], previous: str, max_words: int
    ) -> tuple[str, str]:
        """Return a summary that continues `previous`, and who wrote it.

        It is empty where there is nothing to say.

        Raises:
            ExtractorFailed: the summarizer failed.
        """
        turns = [turn for turn in map(to_turn, messages) if turn.text and not turn.recalled]
        if not turns:
            return previous, self._pipeline.summarizer.name
        try:
            text, by, _ = await self._pipeline.summed_up(
                turns, previous, max_words or _SUMMARY_WORDS
            )
        except ExtractionFailed as failed:
            raise ExtractorFailed(failed.reason, failed.retry_after, failed.dropped) from failed
        return text, by.name

    async def _look(self, cut: Iterable[Window], task: ExtractionTask) -> ExtractionResult:
        looks = [look async for look in self._looks(cut, task)]
        names = dict.fromkeys(name for look in looks for name in look.by.split(", ") if name)
        found = [memory for look in looks for memory in look.memories]
        # Each look at a thread continues its summary.
        memories = found[-1:] if task.strategy is Strategy.SUMMARY else found
        dropped = sum((Counter(look.dropped) for look in looks), Counter[str]())
        return ExtractionResult(memories, ", ".join(names), dropped)

    async def _looks(
        self, cut: Iterable[Window], task: ExtractionTask
    ) -> AsyncIterator[ExtractionResult]:
        said = ""
        for window in cut:
            if task.strategy is Strategy.SUMMARY:
                look = await self._pipeline.summary(window, task, said)
                said = look.memories[0].text if look.memories else said
            else:
                look = await self._pipeline.facts(window, task, known=())
            yield look


def _zone(name: str) -> tzinfo:
    zone = clock.zone_of(name)
    if zone is None:
        raise errors.InvalidField("time_zone", "must be an IANA time zone, such as Europe/Berlin")
    return zone


def _named(messages: Sequence[Message]) -> list[Message]:
    """Return the messages, each with an id that candidates can cite; no valid id is made up."""
    named = []
    for number, message in enumerate(messages):
        copy = copied(message)
        copy.id = message.id or f"\0{number}"
        named.append(copy)
    return named


def _without_ids(memory: Memory, given: set[str]) -> Memory:
    memory.id = ""
    cited = [cited for cited in memory.provenance.message_ids if cited in given]
    memory.provenance.ClearField("message_ids")
    memory.provenance.message_ids.extend(cited)
    return memory
