"""From a request to a prompt."""

from agent_memory_services.working_memory.prompt.model import Prompt, PromptRequest
from agent_memory_services.working_memory.prompt.packet import build_packet
from agent_memory_services.working_memory.prompt.sources import SourceReader
from agent_memory_services.working_memory.prompt.whole import build_whole


class PromptBuilder:
    """Builds prompts."""

    def __init__(self, sources: SourceReader) -> None:
        """Build from what `sources` finds."""
        self._sources = sources

    async def build(self, request: PromptRequest) -> Prompt:
        """The prompt.

        Raises:
            InvalidField: the question does not fit the budget.
            ServiceError: long-term memory refused or is away; a prompt is never silently poorer.
        """
        sources = await self._sources.gather(request)
        if request.budget is None:
            return build_whole(request, sources)
        return build_packet(request, sources, request.budget)
