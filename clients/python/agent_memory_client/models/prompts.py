"""Prompts enriched by memory."""

from typing import Any

from pydantic import Field

from agent_memory_client.models.base import Model
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.models.search import MemoryRecordResult


class PromptSectionReport(Model):
    """What went into a section of a prompt and what did not fit."""

    section: str = Field(description="`standing`, `summary`, `memories`, `history` or `query`.")
    tokens: int
    cap: int = Field(description="Tokens the section was allowed.")
    included: int = Field(description="How many items it holds.")
    left_out_ids: list[str] = Field(description="What did not fit.")
    duplicate_ids: list[str] = Field(description="What another section says too.")


class MemoryPromptResponse(Model):
    """A prompt; `response["messages"]` reads like `response.messages`."""

    messages: list[dict[str, Any]] = Field(
        description="Ready for a chat API: summary, history, memories, and the query last."
    )
    long_term_memories: list[MemoryRecordResult] = Field(description="What the search found.")
    standing: list[MemoryRecord] = Field(description="Standing memories that were considered.")
    report: list[PromptSectionReport]
    tokens: int = Field(description="Tokens of the whole prompt.")

    @property
    def hits(self) -> list[MemoryRecordResult]:
        """What the search found."""
        return self.long_term_memories

    def __getitem__(self, name: str) -> Any:
        if name in type(self).model_fields:
            return getattr(self, name)
        raise KeyError(name)
