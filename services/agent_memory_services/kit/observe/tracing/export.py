"""Export of spans over OTLP, and its settings."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import structlog
from pydantic import AfterValidator, Field

from agent_memory_services.kit.contract.environment import AlsoFrom, SectionedSettings
from agent_memory_services.kit.observe.tracing.spans import traced_by


def _collector(url: str) -> str:
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise ValueError("must be http://host:port, or https:// for TLS")
    return url


class TraceSettings(SectionedSettings):
    """Settings of the traces of one process.

    What is not here follows OpenTelemetry's own variables: `OTEL_SERVICE_NAME`,
    `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_CERTIFICATE`,
    `OTEL_EXPORTER_OTLP_TIMEOUT`, `OTEL_BSP_*` and `OTEL_SPAN_*`.
    """

    traces_endpoint: Annotated[
        str,
        AfterValidator(_collector),
        AlsoFrom("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        AlsoFrom("OTEL_EXPORTER_OTLP_ENDPOINT"),
    ] = Field(
        default="",
        description=(
            "Collector that traces are sent to by OTLP over gRPC, such as "
            "http://collector:4317; empty traces nothing."
        ),
    )
    traces_sample_ratio: Annotated[float, AlsoFrom("OTEL_TRACES_SAMPLER_ARG")] = Field(
        default=1.0,
        ge=0,
        le=1,
        description=(
            "Share of the traces that begin here which are recorded; one that a caller began "
            "is recorded when the caller records it."
        ),
    )
    traces_flush_seconds: float = Field(
        default=3.0,
        ge=0,
        description="Seconds that the last spans have to reach the collector, at shutdown.",
    )

    @property
    def traced(self) -> bool:
        """True if spans are recorded at all."""
        disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        return bool(self.traces_endpoint) and not disabled


if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

log = structlog.get_logger()


@asynccontextmanager
async def exported(settings: TraceSettings, service: str) -> AsyncIterator[None]:
    """Trace what happens in the block as `service`, where the settings ask for it.

    At the end the last spans get their time to leave, while the event loop goes on; a collector
    that is away costs that time and no more.
    """
    if not settings.traced:
        yield
        return
    provider = await asyncio.to_thread(_provider, settings, service)
    with traced_by(provider.get_tracer("agent_memory")):
        try:
            yield
        finally:
            await _shut_down(provider, settings.traces_flush_seconds)


def _provider(settings: TraceSettings, service: str) -> "TracerProvider":
    # Only here: the kit takes as long to import as a service to start, and most run without it.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import (  # noqa: PLC0415
        SERVICE_NAME,
        SERVICE_NAMESPACE,
        OTELResourceDetector,
        Resource,
    )
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415

    # What the environment says of the process wins over the names given here.
    named = Resource({SERVICE_NAMESPACE: "agent-memory", SERVICE_NAME: service})
    named = named.merge(OTELResourceDetector().detect())
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(settings.traces_sample_ratio),
        resource=Resource.create().merge(named),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(settings.traces_endpoint)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


async def _shut_down(provider: "TracerProvider", seconds: float) -> None:
    """Send what is left, within a time that the library itself does not keep."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def work() -> None:
        provider.shutdown()
        with suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(done.set)

    # A daemon: nothing of it outlives the process, however long the collector lets it wait.
    threading.Thread(target=work, name="last-spans", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            await done.wait()
    except TimeoutError:
        log.warning("traces.not_flushed", seconds=seconds)
