"""How a trace goes on elsewhere: as W3C headers of a call, as text beside kept work."""

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    Span,
    SpanContext,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C: Final = TraceContextTextMapPropagator()
_PARENT: Final = "traceparent"
_EMPTY: Final = Context()


def received(metadata: Mapping[str, Any]) -> Context:
    """The context that a caller sent; an empty one where it sent none or not a valid one."""
    return _W3C.extract(metadata, _EMPTY) if _PARENT in metadata else _EMPTY


def sent(span: Span) -> list[tuple[str, str | bytes]]:
    """The metadata that lets a callee continue `span`."""
    headers: dict[str, str] = {}
    _W3C.inject(headers, set_span_in_context(span, _EMPTY))
    return [*headers.items()]


def to_text(context: SpanContext) -> str:
    """A span's context as one short text; "" for an invalid one."""
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def from_text(text: str) -> SpanContext:
    """The context that `to_text` wrote; an invalid one for any other text."""
    return get_current_span(_W3C.extract({_PARENT: text}, _EMPTY)).get_span_context()
