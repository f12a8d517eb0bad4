"""What an operator sees of the calls to a chat model."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from agent_memory_services.runtime.tracing.spans import part

_SECONDS: Final = Histogram(
    "agent_memory_model_seconds",
    "Seconds that one attempt to get an answer from a chat model took, by model.",
    ["model"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120),
)
_CALLS: Final = Counter(
    "agent_memory_model_calls",
    "Attempts to get an answer from a chat model, by how they ended.",
    ["model", "outcome"],
)
_OUTCOMES: Final = ("answered", "failed", "cancelled")


def prepare(model: str) -> None:
    """Make the series of a model, so that a rate of zero is a zero and not a gap."""
    _SECONDS.labels(model)
    for outcome in _OUTCOMES:
        _CALLS.labels(model, outcome)


@contextmanager
def observed(model: str) -> Iterator[None]:
    """Count, time and trace one attempt."""
    began, outcome = time.monotonic(), "failed"
    try:
        with part(f"chat {model}", SpanKind.CLIENT) as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.request.model", model)
            yield
        outcome = "answered"
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    finally:
        _CALLS.labels(model, outcome).inc()
        _SECONDS.labels(model).observe(time.monotonic() - began)
