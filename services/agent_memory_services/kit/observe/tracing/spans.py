"""Spans of what this process does. Where traces are off, nothing is made at all.

A span holds names that the program gives to its parts, sizes and outcomes. It never holds what
somebody said, who said it, or in which session: such things are not the collector's to know.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.kit.contract.errors import ServiceError
from agent_memory_services.kit.observe.tracing import rpcs

_PREFIX: Final = "ERROR_REASON_"
NOTHING: Final = nullcontext(INVALID_SPAN)
"""In the place of a span that is not made; one object serves all."""


@dataclass(slots=True)
class _Switch:
    tracer: Tracer | None = None


_SWITCH: Final = _Switch()


def current_tracer() -> Tracer | None:
    """Return the maker of this process's spans; None where traces are off."""
    return _SWITCH.tracer


@contextmanager
def traced_by(tracer: Tracer) -> Iterator[None]:
    """Switch traces on until the block is left."""
    before, _SWITCH.tracer = _SWITCH.tracer, tracer
    try:
        yield
    finally:
        _SWITCH.tracer = before


def part(name: str, kind: SpanKind = SpanKind.INTERNAL) -> AbstractContextManager[Span]:
    """A part of what the present span covers; no span where that is not recorded.

    Background work that nobody asked for, such as polling, has no present span and makes none.
    """
    tracer = _SWITCH.tracer
    if tracer is None or not being_recorded():
        return NOTHING
    return _Running(tracer.start_span(name, kind=kind))


def being_recorded() -> bool:
    """Return true if there is a present span that is recorded."""
    return _SWITCH.tracer is not None and get_current_span().is_recording()


def kept_context() -> str:
    """The present span as text, to be kept beside work that is left for later; "" for none."""
    if _SWITCH.tracer is None:
        return ""
    return rpcs.to_text(get_current_span().get_span_context())


def continued(name: str, kept: Iterable[str]) -> AbstractContextManager[Span]:
    """A span of work that was left for later by those whose contexts were kept with it.

    It is a child of the first of them that is recorded, so that one turn and what follows from
    it are one trace; work that several turns gave rise to is linked to the others.
    """
    tracer = _SWITCH.tracer
    if tracer is None:
        return NOTHING
    origins = [origin for text in kept if (origin := rpcs.from_text(text)).is_valid]
    recorded = [origin for origin in origins if origin.trace_flags.sampled]
    parent = next(iter(recorded or origins), None)
    span = tracer.start_span(
        name,
        Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context()),
        SpanKind.CONSUMER,
        links=[Link(other) for other in _other_traces(recorded, parent)],
    )
    return _Running(span)


def note_failure(span: Span, error: BaseException) -> None:
    """Say on a span what ended it: a kind of error, never its text, which may hold anything."""
    span.set_attribute("error.type", kind_of(error))
    # Being cancelled is no fault of what was cancelled.
    if not isinstance(error, asyncio.CancelledError | GeneratorExit):
        span.set_status(StatusCode.ERROR)


def kind_of(error: BaseException) -> str:
    """The reason of a refusal, or the class of any other error."""
    if isinstance(error, ServiceError):
        return ErrorReason.Name(error.reason).removeprefix(_PREFIX)
    return type(error).__qualname__


def _other_traces(origins: list[SpanContext], parent: SpanContext | None) -> list[SpanContext]:
    by_trace = {origin.trace_id: origin for origin in origins}
    if parent is not None:
        by_trace.pop(parent.trace_id, None)
    return list(by_trace.values())


class _Running(AbstractContextManager[Span]):
    """A span that is the present one until its block is left."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token = contexts.attach(set_span_in_context(self._span))
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        contexts.detach(self._token)
        if error is not None:
            note_failure(self._span, error)
        self._span.end()
