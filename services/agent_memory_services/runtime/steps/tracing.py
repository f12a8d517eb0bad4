"""Makes each call a span of the trace that its caller began, or begins one."""

from collections.abc import Collection

from opentelemetry import context as contexts
from opentelemetry.trace import NonRecordingSpan, SpanKind, Tracer, set_span_in_context

from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.methods import MethodPolicy
from agent_memory_services.runtime.steps.base import Step
from agent_memory_services.runtime.tracing import propagation, rpcs
from agent_memory_services.runtime.tracing.spans import current_tracer


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
        parent = propagation.received(call.metadata)
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
    tracer = current_tracer()
    return None if tracer is None else Tracing(tracer, policies)
