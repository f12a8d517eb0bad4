"""Prometheus metrics of a process: those of the calls it serves, and the port they are read at.

Tenants and users are never labels.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Gauge, Histogram, start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent_memory_services.runtime.addresses import Address, parse_address
from agent_memory_services.runtime.methods import MethodPolicy
from agent_memory_services.runtime.rpc_meters import MethodMeters, RpcMeters

_TRIPS: Final = (0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128)


class CallMeters:
    """The meters of all methods that a process serves, in a registry of their own."""

    def __init__(self, policies: Collection[MethodPolicy], running: Callable[[], float]) -> None:
        """Create every series; `running` tells how many calls run at the moment."""
        self.registry = registry = CollectorRegistry()
        rpcs = RpcMeters("server", registry)
        in_flight = Gauge(
            "agent_memory_calls_in_flight",
            "RPCs that run or wait for a place at the moment.",
            registry=registry,
        )
        in_flight.set_function(running)
        self.of: Mapping[str, MethodMeters] = {
            policy.full_name: rpcs.of(policy.shape, policy.service, policy.method)
            for policy in policies
        }
        trips = Histogram(
            "agent_memory_store_round_trips",
            "Round trips to the store that an RPC made; those of watches are not counted.",
            ("grpc_service", "grpc_method"),
            buckets=_TRIPS,
            registry=registry,
        )
        self.round_trips: Mapping[str, Callable[[float], None]] = {
            policy.full_name: trips.labels(policy.service, policy.method).observe
            for policy in policies
        }


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
