"""Attributes of RPC spans, and trace context in metadata.

Names and attributes are those of OpenTelemetry's conventions for gRPC. So is which codes are a
failure: for a server, those that it is to blame for; for a caller all, but that here a call which
was given up is none on either side.
"""

from collections.abc import Mapping
from typing import Any, Final

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from opentelemetry.context import Context
from opentelemetry.trace import (
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

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


_CODE: Final = "rpc.response.status_code"
_REASON: Final = "agent_memory.error_reason"
_FAULTS_OF_SERVERS: Final = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
_NO_FAILURES_OF_CALLS: Final = frozenset({grpc.StatusCode.OK, grpc.StatusCode.CANCELLED})


def attributes_of(path: str) -> Attributes:
    """Return what is known of a call to `/package.Service/Method` from the start."""
    return {"rpc.system.name": "grpc", "rpc.method": path.removeprefix("/")}


def outgoing(tracer: Tracer, path: str) -> Span:
    """The span of a call that this process makes."""
    return tracer.start_span(
        path.removeprefix("/"), kind=SpanKind.CLIENT, attributes=attributes_of(path)
    )


def answered(span: Span, code: grpc.StatusCode, status: Status | None) -> None:
    """End the span of a served call by what it was answered with."""
    if span.is_recording():
        span.set_attribute(_CODE, code.name)
        if reason := _reason(status):
            span.set_attribute(_REASON, reason)
        if code in _FAULTS_OF_SERVERS:
            _fail(span, code)
    span.end()


def returned(span: Span, code: grpc.StatusCode) -> None:
    """End the span of a call that was made by how it ended."""
    if span.is_recording():
        span.set_attribute(_CODE, code.name)
        if code not in _NO_FAILURES_OF_CALLS:
            _fail(span, code)
    span.end()


def _fail(span: Span, code: grpc.StatusCode) -> None:
    span.set_attribute("error.type", code.name)
    span.set_status(StatusCode.ERROR)


def _reason(status: Status | None) -> str:
    """The reason in an answer; its text is not repeated, since it may name things."""
    info = ErrorInfo()
    if status is not None:
        any(detail.Unpack(info) for detail in status.details)
    return str(info.reason)
