"""RPCs as spans, on the side that serves and on the side that calls.

Names and attributes are those of OpenTelemetry's conventions for gRPC. So is which codes are a
failure: for a server, those that it is to blame for; for a caller all, but that here a call which
was given up is none on either side.
"""

from typing import Final

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import Attributes

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
    """What is known of a call to `/package.Service/Method` from the start."""
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
