"""The summarizer that asks a model."""

import re
from collections.abc import Sequence
from typing import Final

import orjson

from agent_memory_services.extraction.extractors.base import ExtractionFailed, Turn
from agent_memory_services.extraction.extractors.openai.endpoint import ChatEndpoint, Question
from agent_memory_services.extraction.extractors.openai.prompts import (
    condensing_question,
    summary_question,
)
from agent_memory_services.extraction.extractors.summarizers import Note, Task

_NOTHING: Final = frozenset({"", "none", "null", "n/a", "nothing"})
_FENCE: Final = re.compile(r"^```\w*\s*|\s*```$")


class OpenAISummarizer:
    """Writes summaries with a chat model."""

    name = "openai"

    def __init__(self, endpoint: ChatEndpoint) -> None:
        self._endpoint = endpoint
        self.version = endpoint.model

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        """Write the summary that continues `previous`.

        Raises:
            ExtractionFailed: as `OpenAIExtractor.extract`; an answer without content, or of data
                instead of a text, counts as `bad_answer`, so that it never replaces a summary.
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
        if summary.strip(" .`\"'*").lower() in _NOTHING or _is_json(summary):
            raise ExtractionFailed("bad_answer")
        return summary


def _is_json(text: str) -> bool:
    """Whether a model answered data, fenced or not, where it was asked for a text."""
    bare = _FENCE.sub("", text)
    try:
        return not isinstance(orjson.loads(bare), str)
    except orjson.JSONDecodeError:
        return bare.startswith("{")
