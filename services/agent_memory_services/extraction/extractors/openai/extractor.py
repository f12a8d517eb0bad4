"""Extraction and summaries by a chat model."""

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Final

import orjson
import structlog

from agent_memory_services.extraction.domain.facts import (
    Conversation,
    ExtractionFailed,
    Findings,
    Turn,
)
from agent_memory_services.extraction.extractors.openai import prompts
from agent_memory_services.extraction.extractors.openai.answer import Frame, read_facts
from agent_memory_services.extraction.extractors.summarizers import Note, Task
from agent_memory_services.shared.model_api.answers import prose_of

log = structlog.get_logger()


class OpenAIExtractor:
    """Extractor by a chat model, for every strategy but the summary."""

    name = "openai"

    def __init__(self, endpoint: prompts.ChatEndpoint) -> None:
        self._endpoint = endpoint
        self.version = endpoint.model

    async def extract(self, conversation: Conversation) -> Findings:
        """Find the facts that `conversation.turns` state.

        Raises:
            ExtractionFailed: the model is away (`model_unavailable`, `rate_limited`,
                `model_denied`), refuses the conversation (`rejected`), or answers what cannot
                be read or of which nothing fits (`bad_answer`).
        """
        turns = prompts.evidence(conversation)
        if not turns:
            return Findings(())
        answer = await self._endpoint.ask(prompts.facts_question(conversation))
        frame = Frame(
            message_ids=[turn.message_id for turn in turns],
            known=len(conversation.known),
            zone=conversation.time_zone or UTC,
            said=[turn.at for turn in turns],
            texts=[turn.text for turn in turns],
            users=frozenset(at for at, turn in enumerate(turns, 1) if turn.role == "user"),
            memory_ids=[each.id for each in conversation.memories],
        )
        verdict = read_facts(answer, frame)
        if verdict.dropped:
            log.warning("extractor.items_dropped", model=self.version, items=dict(verdict.reasons))
        return Findings(verdict.candidates, verdict.reasons, verdict.wanted)


_NOTHING: Final = frozenset({"", "none", "null", "n/a", "nothing"})
_FENCE: Final = re.compile(r"^```\w*\s*|\s*```$")


class OpenAISummarizer:
    """Summarizer by a chat model."""

    name = "openai"

    def __init__(self, endpoint: prompts.ChatEndpoint) -> None:
        self._endpoint = endpoint
        self.version = endpoint.model

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        """Write the summary that continues `previous`.

        Raises:
            ExtractionFailed: as `OpenAIExtractor.extract`; an answer without content, or of data
                instead of a text, counts as `bad_answer`, so that it never replaces a summary.
        """
        return await self._written(prompts.summary_question(turns, previous, max_words))

    async def condense(self, notes: Sequence[Note], task: Task, *, previous: str) -> str:
        """Sum memories up as the task asks.

        Raises:
            ExtractionFailed: as `summarize`.
        """
        return await self._written(prompts.condensing_question(notes, task, previous))

    async def _written(self, question: prompts.Question) -> str:
        summary = prose_of(await self._endpoint.ask(question))
        if summary.strip(" .`\"'*").lower() in _NOTHING or _is_json(summary):
            raise ExtractionFailed("bad_answer")
        return summary


def _is_json(text: str) -> bool:
    """Return true if a model answered data, fenced or not, where a text was requested."""
    bare = _FENCE.sub("", text)
    try:
        return not isinstance(orjson.loads(bare), str)
    except orjson.JSONDecodeError:
        return bare.startswith("{")
