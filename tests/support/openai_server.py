"""The scripted model of the demonstration, for tests of what talks to a model."""

import json
from collections.abc import Sequence
from typing import Any

from agent_memory_services.demo.scripted_model import (
    Call,
    Close,
    Drip,
    Garbage,
    Hang,
    Refuse,
    Request,
    Say,
    ScriptedModel,
)

__all__ = [
    "Call",
    "Close",
    "Drip",
    "Garbage",
    "Hang",
    "Refuse",
    "Request",
    "Say",
    "ScriptedModel",
    "conversation_of",
    "facts",
]


def facts(*items: dict[str, Any]) -> Say:
    """A well-formed answer to the question for facts; every item cites message 1 by default."""
    return Say(json.dumps({"facts": [{"messages": [1], **item} for item in items]}))


def conversation_of(request: Request) -> dict[str, Sequence[dict[str, Any]]]:
    """What an extractor sent as data."""
    data: dict[str, Sequence[dict[str, Any]]] = json.loads(request.last_text)
    return data
