"""A collector of traces: a real server that speaks OTLP and keeps what it is sent."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

INTERNAL, SERVER, CLIENT, CONSUMER = (
    Span.SPAN_KIND_INTERNAL,
    Span.SPAN_KIND_SERVER,
    Span.SPAN_KIND_CLIENT,
    Span.SPAN_KIND_CONSUMER,
)
FAILED = 2
"""The status of a span that failed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One span, as it arrived.

    Attributes:
        service: whose span it is.
        name: what was done.
        kind: one of the kinds above.
        trace_id: of its trace, in hexadecimal.
        span_id: its own, likewise.
        parent_id: its parent's; empty for the first of a trace.
        failed: whether its status says so.
        attributes: what it tells besides.
        linked: ids of traces it is linked to.
        wire: everything, as it was sent.
    """

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    attributes: Mapping[str, Any]
    linked: Sequence[str]
    wire: bytes


class Collector(TraceServiceServicer):
    """Keeps every span.

    Attributes:
        endpoint: where it listens, as the settings take it.
        spans: in the order in which they arrived.
    """

    def __init__(self) -> None:
        self.endpoint = ""
        self.spans: list[Seen] = []

    async def Export(  # noqa: N802 - the protocol's name
        self, request: ExportTraceServiceRequest, _: Any
    ) -> ExportTraceServiceResponse:
        for group in request.resource_spans:
            service = _attributes(group.resource.attributes)["service.name"]
            for scope in group.scope_spans:
                self.spans += [_seen(service, span) for span in scope.spans]
        return ExportTraceServiceResponse()

    def named(self, name: str) -> Sequence[Seen]:
        """The spans of a name."""
        return [span for span in self.spans if span.name == name]

    def method(self, method: str, kind: int = SERVER) -> Sequence[Seen]:
        """The spans of calls of a method."""
        return [s for s in self.spans if s.kind == kind and s.name.endswith(f"/{method}")]


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a free port of loopback, until the block is left."""
    collector = Collector()
    server = grpc.aio.server()
    add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    collector.endpoint = f"http://127.0.0.1:{port}"
    try:
        yield collector
    finally:
        await server.stop(None)


def _seen(service: str, span: Span) -> Seen:
    return Seen(
        service=service,
        name=span.name,
        kind=span.kind,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == FAILED,
        attributes=_attributes(span.attributes),
        linked=[link.trace_id.hex() for link in span.links],
        wire=span.SerializeToString(),
    )


def _attributes(pairs: Sequence[KeyValue]) -> Mapping[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    return getattr(value, value.WhichOneof("value") or "string_value")
