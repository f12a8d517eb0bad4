"""A chat model whose failures are failures of extraction."""

from agent_memory_services.extraction.extractors.base import ExtractionFailed
from agent_memory_services.runtime.model_api import chat
from agent_memory_services.runtime.model_api.chat import Question
from agent_memory_services.runtime.model_api.failures import ModelFailed
from agent_memory_services.runtime.model_api.ledger import BudgetSpent

__all__ = ["ChatEndpoint", "Question"]


class ChatEndpoint(chat.ChatEndpoint):
    """A chat model behind an OpenAI-compatible endpoint."""

    async def ask(self, question: Question) -> str:
        """Ask, and return the answer's text.

        Raises:
            BudgetSpent: the present tenant may not ask.
            ExtractionFailed: there is no answer, or not a whole one.
        """
        try:
            return await super().ask(question)
        except BudgetSpent:
            raise
        except ModelFailed as failed:
            raise ExtractionFailed(failed.reason, retry_after=failed.retry_after) from None
