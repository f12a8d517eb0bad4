"""The summarizer that asks a model."""

from collections.abc import Sequence

from agent_memory_services.extraction.extractors.base import ExtractionFailed, Turn
from agent_memory_services.extraction.extractors.openai.endpoint import ChatEndpoint, Question
from agent_memory_services.extraction.extractors.openai.prompts import (
    condensing_question,
    summary_question,
)
from agent_memory_services.extraction.extractors.summarizers import Note, Task

_NOTHING = frozenset({"", "none", "null", "n/a", "nothing"})


class OpenAISummarizer:
    """Writes summaries with a chat model."""

    name = "openai"

    def __init__(self, endpoint: ChatEndpoint) -> None:
        self._endpoint = endpoint
        self.version = endpoint.model

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        """Write the summary that continues `previous`.

        Raises:
            ExtractionFailed: as `OpenAIExtractor.extract`; an answer without content counts as
                `bad_answer`, so that it never replaces a summary.
        """
        return await self._written(summary_question(turns, previous, max_words))

    async def condense(self, notes: Sequence[Note], task: Task, *, previous: str) -> str:
        """Sum memories up as the task asks.

        Raises:
            ExtractionFailed: as `summarize`.
        """
        return await self._written(condensing_question(notes, task, previous))

    async def _written(self, question: Question) -> str:
        summary = (await self._endpoint.ask(question)).strip()
        if summary.strip(" .`\"'*").lower() in _NOTHING:
            raise ExtractionFailed("bad_answer")
        return summary
