"""Metrics of the calls to a chat model."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from opentelemetry.trace import SpanKind, get_current_span
from prometheus_client import Counter, Histogram

from agent_memory_services.kit.contract.clock import Timer
from agent_memory_services.kit.observe.tracing.spans import part
from agent_memory_services.shared.model_api.failures import Usage

_SECONDS: Final = Histogram(
    "agent_memory_model_seconds",
    "Duration of one call to a chat model, in seconds, by model.",
    ["model"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120),
)
_CALLS: Final = Counter(
    "agent_memory_model_calls",
    "Calls to a chat model, by outcome.",
    ["model", "outcome"],
)
_TOKENS: Final = Counter(
    "agent_memory_model_tokens",
    "Tokens that a chat model read (`in`) and wrote (`out`).",
    ["model", "direction"],
)
_COST: Final = Counter(
    "agent_memory_model_cost_dollars",
    "Cost of a chat model by the price table, in US dollars.",
    ["model"],
)
_OUTCOMES: Final = ("answered", "failed", "cancelled")
_OTHER: Final = "other"
_PER_PRICE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens read, and written."""

    read: float
    written: float

    def of(self, usage: Usage) -> float:
        """Return the price of tokens, in US dollars."""
        return (usage.read * self.read + usage.written * self.written) / _PER_PRICE


class ModelMeter:
    """Metrics of the calls to one endpoint."""

    def __init__(self, model: str, prices: Mapping[str, Price]) -> None:
        """Make the series of its usual model, so that a rate of zero is a zero and not a gap."""
        self._model = model
        self._prices = prices
        _SECONDS.labels(model)
        _COST.labels(model)
        for outcome in _OUTCOMES:
            _CALLS.labels(model, outcome)
        for direction in ("in", "out"):
            _TOKENS.labels(model, direction)

    def count(self, model: str, usage: Usage) -> None:
        """Count what a call took; `model` is empty for the usual one."""
        name = self.label(model)
        _TOKENS.labels(name, "in").inc(usage.read)
        _TOKENS.labels(name, "out").inc(usage.written)
        span = get_current_span()
        span.set_attribute("gen_ai.usage.input_tokens", usage.read)
        span.set_attribute("gen_ai.usage.output_tokens", usage.written)
        if price := self._prices.get(model or self._model):
            _COST.labels(name).inc(price.of(usage))

    @contextmanager
    def observed(self, model: str) -> Iterator[None]:
        """Count, time and trace one attempt."""
        name = self.label(model)
        timer, outcome = Timer(), "failed"
        try:
            with part(f"chat {name}", SpanKind.CLIENT) as span:
                span.set_attribute("gen_ai.operation.name", "chat")
                span.set_attribute("gen_ai.request.model", name)
                yield
            outcome = "answered"
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            _CALLS.labels(name, outcome).inc()
            _SECONDS.labels(name).observe(timer.elapsed)

    def label(self, model: str) -> str:
        """Return the label of a model; other names share one, because callers name models too."""
        known = not model or model == self._model or model in self._prices
        return (model or self._model) if known else _OTHER
