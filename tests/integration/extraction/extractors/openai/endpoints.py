"""Endpoints of the scripted model."""

from agent_memory_services.extraction.extractors.openai.prompts import ChatEndpoint
from tests.support.openai_server import ScriptedModel

opened: list[ChatEndpoint] = []
"""Those that the present test opened."""


def endpoint_to(model: ScriptedModel, *, timeout_seconds: float = 5) -> ChatEndpoint:
    """Open an endpoint that speaks to the scripted model, until the test ends."""
    endpoint = ChatEndpoint(
        model="m", base_url=model.base_url, api_key=None, timeout_seconds=timeout_seconds
    )
    opened.append(endpoint)
    return endpoint
