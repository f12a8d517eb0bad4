"""Interface of summarizers, and the one that needs no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_memory_services.extraction.domain.facts import ExtractionFailed, Turn
from agent_memory_services.extraction.extractors.local.summary import condense, summarize
from agent_memory_services.kit.redis.background import in_background
from agent_memory_services.language.en.parser import Parser, UnfitModelError, shared


@dataclass(frozen=True, slots=True)
class Note:
    """One of the memories that a summary is to be made of.

    Attributes:
        text: What it says.
        at: When it was first stored, with a time zone.
        owner: Owner of the memory; empty for none.
    """

    text: str
    at: datetime
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Requested form of a summary of memories.

    Attributes:
        instructions: What it shall say, in words; empty for everything that matters.
        model: The model that shall write it; empty for the usual one.
        max_words: The most words it may have.
    """

    instructions: str = ""
    model: str = ""
    max_words: int = 300


class Summarizer(Protocol):
    """Interface of what writes the running summary of a conversation."""

    name: str
    """Stable name kept in provenance."""
    version: str
    """Changes whenever the same input could give another summary."""

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        """Continue `previous` with what `turns` add, in at most `max_words` words.

        Empty only where there was no summary and nothing is worth saying.

        Raises:
            ExtractionFailed: it failed; the summary so far stays what it is.
        """
        ...

    async def condense(self, notes: Sequence[Note], task: Task, *, previous: str) -> str:
        """Summarize memories, the oldest first; `previous` is the summary of those before them.

        Raises:
            ExtractionFailed: it failed.
        """
        ...


class LocalSummarizer:
    """Summarizer that selects sentences by rule."""

    name = "local"
    version = "2"

    def __init__(self, parser: Parser | None = None) -> None:
        """Take the parser that reads messages; without one it is the installed model's."""
        self._parser = parser or shared()

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        """Summarize as the protocol says, off the event loop."""
        try:
            summary = await in_background(summarize, turns, previous, max_words, self._parser)
        except UnfitModelError as error:
            raise ExtractionFailed("parser_unavailable") from error
        return summary or previous

    async def condense(self, notes: Sequence[Note], task: Task, *, previous: str) -> str:
        """Condense as the protocol says, off the event loop; no rule can follow instructions."""
        texts = [note.text for note in notes]
        return await in_background(condense, texts, previous, task.max_words)
