"""A chat model whose failures are failures of extraction."""

from agent_memory_services.extraction.extractors.base import ExtractionFailed
from agent_memory_services.runtime.model_api import chat
from agent_memory_services.runtime.model_api.chat import Question
from agent_memory_services.runtime.model_api.failures import ModelFailed

__all__ = ["ChatEndpoint", "Question"]


class ChatEndpoint(chat.ChatEndpoint):
    """A chat model behind an OpenAI-compatible endpoint."""

    async def ask(self, question: Question) -> str:
        """Ask, and return the answer's text.

        Raises:
            ExtractionFailed: there is no answer, or not a whole one.
        """
        try:
            return await super().ask(question)
        except ModelFailed as failed:
            raise ExtractionFailed(failed.reason, retry_after=failed.retry_after) from None
