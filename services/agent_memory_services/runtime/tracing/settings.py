"""What a process can be told about traces."""

import os
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from agent_memory_services.runtime.environment import AlsoFrom, SectionedSettings


def _collector(url: str) -> str:
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise ValueError("must be http://host:port, or https:// for TLS")
    return url


class TraceSettings(SectionedSettings):
    """Whether and how one process is traced.

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
        """Whether spans are recorded at all."""
        disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        return bool(self.traces_endpoint) and not disabled
