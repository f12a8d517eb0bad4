"""Prometheus metrics of the calls a process serves, under the names of go-grpc-middleware.

Every series exists from the start, so that a rate of zero is a zero and not a gap. Tenants and
users are never labels.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import grpc
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent_memory_services.runtime.addresses import Address, parse_address
from agent_memory_services.runtime.methods import MethodPolicy

# The codes as Go spells them, which is how public dashboards expect them.
GO_CODES = {
    code: "OK" if code is grpc.StatusCode.OK else code.name.title().replace("_", "")
    for code in grpc.StatusCode
} | {grpc.StatusCode.CANCELLED: "Canceled"}
# A second series per series that tells when it was made, which is when the process started.
disable_created_metrics()  # type: ignore[no-untyped-call]

_LABELS = ("grpc_type", "grpc_service", "grpc_method")
_SECONDS = (
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


class CallMeters:
    """The meters of all methods that a process serves, in a registry of their own."""

    def __init__(self, policies: Iterable[MethodPolicy], running: Callable[[], float]) -> None:
        """Create every series; `running` tells how many calls run at the moment."""
        self.registry = registry = CollectorRegistry()
        started = _counter("started", "RPCs started on the server.", registry)
        received = _counter("msg_received", "Messages received by the server.", registry)
        sent = _counter("msg_sent", "Messages sent by the server.", registry)
        handled = Counter(
            "grpc_server_handled",
            "RPCs completed on the server, by code.",
            (*_LABELS, "grpc_code"),
            registry=registry,
        )
        seconds = Histogram(
            "grpc_server_handling_seconds",
            "Seconds from the start to the end of an RPC.",
            _LABELS,
            buckets=_SECONDS,
            registry=registry,
        )
        in_flight = Gauge(
            "agent_memory_calls_in_flight", "RPCs that run at the moment.", registry=registry
        )
        in_flight.set_function(running)
        self.of: Mapping[str, MethodMeters] = {
            policy.full_name: MethodMeters(
                started=started.labels(*(labels := _labels(policy))).inc,
                received=received.labels(*labels).inc,
                sent=sent.labels(*labels).inc,
                handled={c: handled.labels(*labels, go).inc for c, go in GO_CODES.items()},
                seconds=seconds.labels(*labels).observe,
            )
            for policy in policies
        }


def _counter(name: str, text: str, registry: CollectorRegistry) -> Counter:
    return Counter(f"grpc_server_{name}", text, _LABELS, registry=registry)


def _labels(policy: MethodPolicy) -> tuple[str, str, str]:
    return policy.shape, policy.service, policy.method


class _Both(Collector):
    """The calls' metrics, and those that the process's other parts registered globally."""

    def __init__(self, calls: CollectorRegistry) -> None:
        self._calls = calls

    def collect(self) -> Iterator[Metric]:
        return chain(self._calls.collect(), REGISTRY.collect())


@contextmanager
def exposed(listen: str, meters: CallMeters) -> Iterator[str]:
    """Serve `/metrics` from a thread; yields the address, or "" where `listen` is empty."""
    if not listen:
        yield ""
        return
    address = parse_address(listen)
    both = CollectorRegistry(auto_describe=False)
    both.register(_Both(meters.registry))
    server, thread = start_http_server(address.port, address.host, both)
    try:
        yield str(Address(address.host, server.server_port))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
