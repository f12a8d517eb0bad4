"""An application with traces of its own, in a process of its own: it says one thing.

python -m tests.support.traced_application GATEWAY COLLECTOR
"""

import asyncio
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage

SESSION, USER, TEXT = "spring-holiday", "alice", "I'm vegetarian."


async def say(gateway: str) -> None:
    """Append one turn, and wait until it is extracted."""
    with trace.get_tracer("application").start_as_current_span("turn"):
        async with MemoryAPIClient(base_url=gateway) as memory:
            said = MemoryMessage(role="user", content=TEXT)
            await memory.append_messages_to_working_memory(SESSION, [said], user_id=USER)
            await memory.wait_for_extraction(SESSION, timeout=60)


def main() -> None:
    """Trace the turn, and leave when its spans have."""
    gateway, collector = sys.argv[1:]
    provider = TracerProvider(resource=Resource.create({"service.name": "application"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(collector)))
    trace.set_tracer_provider(provider)
    asyncio.run(say(gateway))
    provider.shutdown()


if __name__ == "__main__":
    main()
