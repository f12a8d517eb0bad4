"""Spans of calls in the application's traces, which the services then continue.

Without an OpenTelemetry SDK in the application nothing is recorded and nothing is sent along.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import grpc
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from agent_memory_client._status import code_of

_TRACER: Final = trace.get_tracer("agent_memory_client")
_CODE: Final = "rpc.response.status_code"


@contextmanager
def traced(path: str) -> Iterator[Sequence[tuple[str, str]]]:
    """Trace one call to `/package.Service/Method`; yields the metadata that continues its span."""
    method = path.removeprefix("/")
    span = _TRACER.start_span(
        method,
        kind=SpanKind.CLIENT,
        attributes={"rpc.system.name": "grpc", "rpc.method": method},
    )
    headers: dict[str, str] = {}
    propagate.inject(headers, trace.set_span_in_context(span))
    code = grpc.StatusCode.UNKNOWN
    try:
        yield [(name.lower(), value) for name, value in headers.items()]
        code = grpc.StatusCode.OK
    except grpc.RpcError as error:
        code = code_of(error)
        raise
    except (asyncio.CancelledError, GeneratorExit):
        code = grpc.StatusCode.CANCELLED
        raise
    finally:
        _end(span, code)


def _end(span: Span, code: grpc.StatusCode) -> None:
    span.set_attribute(_CODE, code.name)
    # To leave a stream or give a call up is the application's own decision, and no failure.
    if code not in {grpc.StatusCode.OK, grpc.StatusCode.CANCELLED}:
        # The text of an error may name what nobody but the caller should read.
        span.set_attribute("error.type", code.name)
        span.set_status(StatusCode.ERROR)
    span.end()
