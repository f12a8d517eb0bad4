"""Counters of RPCs under the names of go-grpc-middleware, for either side.

Every series of a method exists from the start, so that a rate of zero is a zero and not a gap.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import grpc
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

# The codes as Go spells them, which is how public dashboards expect them.
GO_CODES: Final = {
    code: "OK" if code is grpc.StatusCode.OK else code.name.title().replace("_", "")
    for code in grpc.StatusCode
} | {grpc.StatusCode.CANCELLED: "Canceled"}
# A second series per series that tells when it was made, which is when the process started.
disable_created_metrics()  # type: ignore[no-untyped-call]

LABELS: Final = ("grpc_type", "grpc_service", "grpc_method")
# Up to the longest that anybody waits for a model.
SECONDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0),
)


@dataclass(frozen=True, slots=True)
class MethodMeters:
    """The meters of one method, each a function to call."""

    started: Callable[[], None]
    received: Callable[[], None]
    sent: Callable[[], None]
    handled: Mapping[grpc.StatusCode, Callable[[], None]]
    seconds: Callable[[float], None]


class RpcMeters:
    """The meters of all methods that one side of a process knows."""

    def __init__(self, side: Literal["server", "client"], registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *more: str) -> Counter:
            text = f"{text} on the {side}."
            return Counter(f"grpc_{side}_{name}", text, (*LABELS, *more), registry=registry)

        self._started = counter("started", "RPCs started")
        self._received = counter("msg_received", "Stream or unary messages received")
        self._sent = counter("msg_sent", "Stream or unary messages sent")
        self._handled = counter("handled", "RPCs completed, by code,", "grpc_code")
        self._seconds = Histogram(
            f"grpc_{side}_handling_seconds",
            f"Seconds from the start to the end of an RPC on the {side}.",
            LABELS,
            buckets=SECONDS,
            registry=registry,
        )

    def of(self, shape: str, service: str, method: str) -> MethodMeters:
        """The meters of a method; `shape` is `unary`, `server_stream` and so on."""
        labels = shape, service, method
        return MethodMeters(
            started=self._started.labels(*labels).inc,
            received=self._received.labels(*labels).inc,
            sent=self._sent.labels(*labels).inc,
            handled={c: self._handled.labels(*labels, go).inc for c, go in GO_CODES.items()},
            seconds=self._seconds.labels(*labels).observe,
        )
