"""Prompt without a budget: everything found, in the order that chat models know best.

The summary comes first, then the history, then what memory knows, then the question.
"""

from collections.abc import Sequence

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.shared.prompts import MEMORIES_TITLE, STANDING_TITLE, SUMMARY_TITLE
from agent_memory_services.working_memory.prompt import rendering
from agent_memory_services.working_memory.prompt.model import (
    Line,
    Prompt,
    PromptRequest,
    Section,
    SectionKind,
    Sources,
)
from agent_memory_services.working_memory.prompt.packet import Said, build_packet
from agent_memory_services.working_memory.prompt.sources import SourceReader


def build_whole(request: PromptRequest, sources: Sources) -> Prompt:
    """Return the prompt."""
    sections = [_summary(sources), _history(request, sources), *_knowledge(sources)]
    if not request.omit_query:
        sections.append(
            Section(SectionKind.QUERY, [rendering.question_line(request.query)], included=1)
        )
    return Prompt(sections, sources)


def _summary(sources: Sources) -> Section:
    context = sources.session.state.context if sources.session else ""
    if not context:
        return Section(SectionKind.SUMMARY)
    return Section(SectionKind.SUMMARY, [rendering.system_line(SUMMARY_TITLE, context)], included=1)


def _history(request: PromptRequest, sources: Sources) -> Section:
    lines = (
        [rendering.history_line(item) for item in sources.session.shown] if sources.session else []
    )
    cap = request.session.limits.tokens or 0 if request.session else 0
    return Section(SectionKind.HISTORY, lines, cap=cap, included=len(lines))


def _knowledge(sources: Sources) -> Sequence[Section]:
    """Return the memory sections: one message, of which each section accounts for its part."""
    on_shelf = {memory.id for memory in sources.standing}
    said = Said()
    said.add_history(sources.session.shown if sources.session else ())
    repeated = [
        hit.memory.id for hit in sources.hits if hit.memory.id in on_shelf or said.shows(hit.memory)
    ]
    found = [hit.memory for hit in sources.hits if hit.memory.id not in repeated]
    shelf = _bullets(STANDING_TITLE, sources.standing, sources)
    bullets = _bullets(MEMORIES_TITLE, found, sources)
    shared = sum(map(rendering.list_tokens, shelf))
    standing = Section(SectionKind.STANDING, included=len(sources.standing), shared=shared)
    memories = Section(
        SectionKind.MEMORIES,
        _one_message(shelf, bullets),
        included=len(found),
        duplicates=repeated,
        shared=-shared,
    )
    return standing, memories


def _bullets(title: str, memories: Sequence[Memory], sources: Sources) -> list[str]:
    lines = [rendering.bullet(each, sources.zone, sources.rivals) for each in memories]
    return [title, *lines] if lines else []


def _one_message(*lists: list[str]) -> list[Line]:
    paragraphs = [line for lines in lists for line in lines]
    return [rendering.system_line(*paragraphs)] if paragraphs else []


class PromptBuilder:
    """Builder of prompts."""

    def __init__(self, sources: SourceReader) -> None:
        """Build from what `sources` finds."""
        self._sources = sources

    async def build(self, request: PromptRequest) -> Prompt:
        """Return the prompt.

        Raises:
            InvalidField: the question does not fit the budget.
            ServiceError: long-term memory refused or is away; a prompt is never silently poorer.
        """
        sources = await self._sources.gather(request)
        if request.budget is None:
            return build_whole(request, sources)
        return build_packet(request, sources, request.budget)
