"""The summarizer that asks a model."""

from collections.abc import Sequence

from agent_memory_services.extraction.extractors.base import ExtractionFailed, Turn
from agent_memory_services.extraction.extractors.openai.endpoint import ChatEndpoint
from agent_memory_services.extraction.extractors.openai.prompts import summary_question

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
        answer = await self._endpoint.ask(summary_question(turns, previous, max_words))
        summary = answer.strip()
        if summary.strip(" .`\"'*").lower() in _NOTHING:
            raise ExtractionFailed("bad_answer")
        return summary
