"""The extractor that asks a model."""

from datetime import UTC

import structlog

from agent_memory_services.extraction.extractors.base import Conversation, Findings
from agent_memory_services.extraction.extractors.openai.answer import Frame, read_facts
from agent_memory_services.extraction.extractors.openai.endpoint import ChatEndpoint
from agent_memory_services.extraction.extractors.openai.prompts import evidence, facts_question

log = structlog.get_logger()


class OpenAIExtractor:
    """Finds facts with a chat model; every strategy but the summary."""

    name = "openai"

    def __init__(self, endpoint: ChatEndpoint) -> None:
        self._endpoint = endpoint
        self.version = endpoint.model

    async def extract(self, conversation: Conversation) -> Findings:
        """Find the facts that `conversation.turns` state.

        Raises:
            ExtractionFailed: the model is away (`model_unavailable`, `rate_limited`,
                `model_denied`), refuses the conversation (`rejected`), or answers what cannot
                be read or of which nothing fits (`bad_answer`).
        """
        turns = evidence(conversation)
        if not turns:
            return Findings(())
        answer = await self._endpoint.ask(facts_question(conversation))
        frame = Frame(
            message_ids=[turn.message_id for turn in turns],
            known=len(conversation.known),
            zone=conversation.time_zone or UTC,
            said=[turn.at for turn in turns],
        )
        verdict = read_facts(answer, frame)
        if verdict.dropped:
            log.warning("extractor.items_dropped", model=self.version, items=dict(verdict.reasons))
        return Findings(verdict.candidates, verdict.reasons)
