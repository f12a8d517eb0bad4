"""What writes summaries, and the one that needs no model."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from agent_memory_services.extraction.extractors.base import Turn
from agent_memory_services.extraction.extractors.local.summary import summarize


class Summarizer(Protocol):
    """Writes the running summary of a conversation."""

    name: str
    """Stable name kept in provenance."""
    version: str
    """Changes whenever the same input could give another summary."""

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        """Continue `previous` with what `turns` add, in at most `max_words` words.

        Empty only where there was no summary and nothing is worth saying.

        Raises:
            ExtractionFailed: it could not work; the summary so far stays what it is.
        """
        ...


class LocalSummarizer:
    """Picks what is worth keeping by rule."""

    name = "local"
    version = "1"

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        """As the protocol says, off the event loop."""
        summary = await asyncio.to_thread(summarize, turns, previous, max_words)
        return summary or previous
