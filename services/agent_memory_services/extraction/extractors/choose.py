"""Which extractor and summarizer a process uses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.extraction.extractors.openai.endpoint import ChatEndpoint
from agent_memory_services.extraction.extractors.openai.extractor import OpenAIExtractor
from agent_memory_services.extraction.extractors.openai.summarizer import OpenAISummarizer
from agent_memory_services.extraction.extractors.summarizers import LocalSummarizer
from agent_memory_services.extraction.finder import Finder, Hands
from agent_memory_services.extraction.settings import Settings
from agent_memory_services.extraction.spending.budgets import TenantBudgets


@asynccontextmanager
async def chosen(settings: Settings, client: Redis) -> AsyncIterator[Finder]:
    """A model where the settings name one, else rules; ready while the context lasts.

    Args:
        settings: They name the model, and what it may cost.
        client: The store that keeps what it did cost.
    """
    rules = Hands(LocalExtractor(), LocalSummarizer())
    if not settings.uses_model:
        yield Finder(rules)
        return
    key = settings.openai_api_key
    endpoint = ChatEndpoint(
        model=settings.model,
        base_url=settings.openai_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout_seconds=settings.model_timeout_seconds,
        ledger=TenantBudgets(client, settings.budget),
        prices=settings.prices,
    )
    try:
        yield Finder(Hands(OpenAIExtractor(endpoint), OpenAISummarizer(endpoint)), spare=rules)
    finally:
        await endpoint.aclose()
