"""Which extractor and summarizer a process uses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.extraction.extractors.openai.endpoint import ChatEndpoint
from agent_memory_services.extraction.extractors.openai.extractor import OpenAIExtractor
from agent_memory_services.extraction.extractors.openai.summarizer import OpenAISummarizer
from agent_memory_services.extraction.extractors.summarizers import LocalSummarizer
from agent_memory_services.extraction.finder import Finder
from agent_memory_services.extraction.settings import Settings


@asynccontextmanager
async def chosen(settings: Settings) -> AsyncIterator[Finder]:
    """A model where the settings name one, else rules; ready while the context lasts."""
    if not settings.uses_model:
        yield Finder(LocalExtractor(), LocalSummarizer())
        return
    key = settings.openai_api_key
    endpoint = ChatEndpoint(
        model=settings.model,
        base_url=settings.openai_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout_seconds=settings.model_timeout_seconds,
    )
    try:
        yield Finder(OpenAIExtractor(endpoint), OpenAISummarizer(endpoint))
    finally:
        await endpoint.aclose()
