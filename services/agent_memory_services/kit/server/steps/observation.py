"""Steps that observe a call: access log, metrics, span."""

import time
from collections.abc import Collection

import grpc
import structlog
from google.protobuf.message import Message
from opentelemetry import context as contexts
from opentelemetry.trace import NonRecordingSpan, SpanKind, Tracer, set_span_in_context

from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.observe import logs
from agent_memory_services.kit.observe.metrics import CallMeters
from agent_memory_services.kit.observe.tracing import rpcs, spans
from agent_memory_services.kit.server.call import Call, Step

log = structlog.get_logger()


class AccessLog(Step):
    """Writes the line when the call is over."""

    name = "access log"

    def exit(self, call: Call) -> None:
        """Write the line; incidents of ours stand out by their severity."""
        line = {
            "service": call.policy.service,
            "method": call.policy.method,
            "code": call.code.name,
            "duration_ms": round((time.monotonic() - call.started) * 1e3, 3),
            "request_bytes": call.request_bytes,
            "response_bytes": call.response_bytes,
            "peer": call.context.peer(),
        }
        if call.code is grpc.StatusCode.INTERNAL:
            log.error("call", **line)
        else:
            logs.info("call", line)


class CallMetrics(Step):
    """Feeds the meters of the call's method."""

    name = "metrics"

    def __init__(self, meters: CallMeters) -> None:
        self._of = meters.of
        self._trips = meters.round_trips

    def enter(self, call: Call) -> None:
        """Count the start, and from here on the ways to the store; those of a watch have no end."""
        self._of[call.policy.full_name].started()
        if not call.policy.open_ended:
            call.round_trips = context.RoundTrips()
            context.round_trips_var.set(call.round_trips)

    def received(self, call: Call, message: Message) -> None:  # noqa: ARG002 - counted, not read
        """Count a request message."""
        self._of[call.policy.full_name].received()

    def sent(self, call: Call) -> None:
        """Count a response message."""
        self._of[call.policy.full_name].sent()

    def exit(self, call: Call) -> None:
        """Count the end by its code, and take the time."""
        meters = self._of[call.policy.full_name]
        meters.handled[call.code]()
        meters.seconds(time.monotonic() - call.started)
        if call.round_trips is not None:
            self._trips[call.policy.full_name](call.round_trips.made)


class Tracing(Step):
    """Ends the span by the code that went over the wire, whatever ended the call."""

    name = "tracing"

    def __init__(self, tracer: Tracer, policies: Collection[MethodPolicy]) -> None:
        self._tracer = tracer
        self._attributes = {p.full_name: rpcs.attributes_of(p.full_name) for p in policies}

    def enter(self, call: Call) -> None:
        """Begin the span; it is the present one for as long as the call's own task runs.

        A watch goes on for hours. What it does meanwhile is no part of its trace, which would grow
        without end, and never be whole.
        """
        path = call.policy.full_name
        parent = rpcs.received(call.metadata)
        call.span = self._tracer.start_span(
            path[1:], parent, SpanKind.SERVER, self._attributes[path]
        )
        present = call.span
        if call.policy.open_ended:
            present = NonRecordingSpan(call.span.get_span_context())
        contexts.attach(set_span_in_context(present, parent))

    def exit(self, call: Call) -> None:
        """End the span."""
        if call.span is not None:
            rpcs.answered(call.span, call.code, call.status)


def tracing(policies: Collection[MethodPolicy]) -> Tracing | None:
    """The step, where traces are on."""
    tracer = spans.current_tracer()
    return None if tracer is None else Tracing(tracer, policies)
