"""Which judge a process asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent_memory_services.long_term_memory.consolidation.judgement.base import Judge
from agent_memory_services.long_term_memory.settings import Settings


@asynccontextmanager
async def chosen(settings: Settings) -> AsyncIterator[Judge | None]:
    """A model where the settings name one, else nobody; ready while the context lasts."""
    if not settings.uses_judge:
        yield None
        return
    # The provider's library takes longer to import than all the rest.
    from agent_memory_services.long_term_memory.consolidation.judgement.openai import (  # noqa: PLC0415
        OpenAIJudge,
    )
    from agent_memory_services.runtime.model_api.chat import ChatEndpoint  # noqa: PLC0415

    key, patience = settings.consolidation_openai_api_key, settings.consolidation_timeout_seconds
    endpoint = ChatEndpoint(
        model=settings.consolidation_model,
        base_url=settings.consolidation_openai_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout_seconds=patience,
        # One call for each new memory; what it does not tell stays as it is.
        attempts=1,
    )
    judge = OpenAIJudge(endpoint, timeout_seconds=patience)
    try:
        yield judge
    finally:
        await judge.aclose()
