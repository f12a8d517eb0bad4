"""Calls within an application's traces."""

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from agent_memory_client import MemoryAPIClient
from tests.contract.client.services.running import Services

TURN = SpanContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0xF067AA0BA902B7, False, TraceFlags(1))


async def test_a_call_within_a_trace_lets_the_service_continue_it(
    client: MemoryAPIClient, services: Services
) -> None:
    """By the header that every tracing system reads."""
    with use_span(NonRecordingSpan(TURN)):
        await client.create_long_term_memories([{"text": "a"}])
    (call,) = services.recorder.calls("CreateMemories")
    assert call.metadata["traceparent"] == f"00-{TURN.trace_id:032x}-{TURN.span_id:016x}-01"


async def test_a_call_outside_of_any_trace_says_nothing(
    client: MemoryAPIClient, services: Services
) -> None:
    """There is nothing to continue."""
    await client.create_long_term_memories([{"text": "a"}])
    (call,) = services.recorder.calls("CreateMemories")
    assert "traceparent" not in call.metadata
