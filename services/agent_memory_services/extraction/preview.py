"""What would be found in messages, with nothing stored."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.extraction.extractors.base import ExtractionFailed, Strategy
from agent_memory_services.extraction.finder import Brief, Finder
from agent_memory_services.extraction.turns import (
    Window,
    WindowLimits,
    to_turn,
    windows,
    zone_of,
)
from agent_memory_services.extraction.work.failures import ExtractorFailed
from agent_memory_services.runtime.errors import InvalidField

_SUMMARY_WORDS = 300


class Preview:
    """Looks at messages that callers bring along."""

    def __init__(self, finder: Finder, limits: WindowLimits) -> None:
        self._finder = finder
        self._limits = limits

    @property
    def extractor(self) -> str:
        """The extractor's name."""
        return self._finder.extractor.name

    @property
    def summarizer(self) -> str:
        """The summarizer's name."""
        return self._finder.summarizer.name

    async def memories(
        self,
        messages: Sequence[Message],
        before: Sequence[Message],
        config: ExtractionConfig,
        time_zone: str,
    ) -> list[Memory]:
        """The memories that a strategy would find; they have no ids yet.

        Raises:
            InvalidField: there is no such time zone.
            ExtractorFailed: the extractor could not work.
        """
        brief = Brief(SessionRef(), "", "", config, _zone(time_zone))
        if config.strategy == ExtractionStrategy.EXTRACTION_STRATEGY_NONE:
            return []
        cut = windows(
            [to_turn(message) for message in _named(messages)],
            [to_turn(message) for message in before],
            self._limits,
        )
        try:
            found = await self._look(cut, brief)
        except ExtractionFailed as failed:
            raise ExtractorFailed(failed.reason, failed.retry_after) from failed
        given = {message.id for message in messages}
        return [_without_ids(memory, given) for memory in found]

    async def summary(self, messages: Sequence[Message], previous: str, max_words: int) -> str:
        """A summary that continues `previous`; empty where there is nothing to say.

        Raises:
            ExtractorFailed: the summarizer could not work.
        """
        turns = [to_turn(message) for message in messages if message.content]
        if not turns:
            return previous
        try:
            return await self._finder.summarizer.summarize(
                turns, previous=previous, max_words=max_words or _SUMMARY_WORDS
            )
        except ExtractionFailed as failed:
            raise ExtractorFailed(failed.reason, failed.retry_after) from failed

    async def _look(self, cut: Iterable[Window], brief: Brief) -> list[Memory]:
        if brief.strategy is not Strategy.SUMMARY:
            return [
                memory
                for window in cut
                for memory in await self._finder.facts(window, brief, known=())
            ]
        summary: Memory | None = None
        for window in cut:
            previous = summary.text if summary else ""
            summary = await self._finder.summary(window, brief, previous)
        return [summary] if summary else []


def _zone(name: str) -> tzinfo:
    zone = zone_of(name)
    if zone is None:
        raise InvalidField("time_zone", "must be the name of an IANA time zone")
    return zone


def _named(messages: Sequence[Message]) -> list[Message]:
    """The messages, each with an id that candidates can cite; made-up ones are no valid ids."""
    named = []
    for number, message in enumerate(messages):
        copy = Message()
        copy.CopyFrom(message)
        copy.id = message.id or f"\0{number}"
        named.append(copy)
    return named


def _without_ids(memory: Memory, given: set[str]) -> Memory:
    memory.id = ""
    cited = [cited for cited in memory.provenance.message_ids if cited in given]
    memory.provenance.ClearField("message_ids")
    memory.provenance.message_ids.extend(cited)
    return memory
