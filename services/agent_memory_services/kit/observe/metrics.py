"""Prometheus metrics of calls and of the event loop, and the endpoint that serves them.

Every series of a method exists before the first is read, so that a rate of zero is a zero and not
a gap.

Tenants and users are never labels.
"""

import asyncio
import math
from bisect import bisect_left
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Final, Literal, TypeVar

import grpc
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from agent_memory_services.kit.contract.environment import AddressTakenError
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.transport import Address, parse_address

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


class _Count:
    """One series of `_Counts`."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def inc(self) -> None:
        """Count one more."""
        self.value += 1


class _Counts(Collector):
    """A counter whose series change in the event loop alone.

    The library's own takes a lock and checks its labels at every step; several of them change in
    every call.
    """

    def __init__(
        self, name: str, text: str, labels: Sequence[str], registry: CollectorRegistry
    ) -> None:
        self._described = name, text
        self._labels = labels
        self._series: dict[tuple[str, ...], _Count] = {}
        registry.register(self)

    def of(self, *labels: str) -> _Count:
        """Return a series, which exists from then on."""
        return self._series.setdefault(labels, _Count())

    def collect(self) -> Iterator[Metric]:
        """Yield the metric as it is now."""
        family = CounterMetricFamily(*self._described, labels=self._labels)
        for labels, count in list(self._series.items()):
            family.add_metric(labels, count.value)
        yield family


class _Spread:
    """One series of `_Spreads`."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value in the bucket that it falls into."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value


class _Spreads(Collector):
    """A histogram whose series change in the event loop alone; see `_Counts`."""

    def __init__(
        self,
        name: str,
        text: str,
        labels: Sequence[str],
        bounds: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._described = name, text
        self._labels = labels
        self._bounds = bounds
        spelled: Callable[[float], str] = floatToGoString
        self._names = [spelled(bound) for bound in (*bounds, math.inf)]
        self._series: dict[tuple[str, ...], _Spread] = {}
        registry.register(self)

    def of(self, *labels: str) -> _Spread:
        """Return a series, which exists from then on."""
        return self._series.setdefault(labels, _Spread(self._bounds))

    def collect(self) -> Iterator[Metric]:
        """Yield the metric as it is now."""
        family = HistogramMetricFamily(*self._described, labels=self._labels)
        for labels, spread in list(self._series.items()):
            buckets = list(zip(self._names, accumulate(spread.counts), strict=True))
            family.add_metric(labels, buckets, spread.total)
        yield family


class RpcMeters:
    """The meters of all methods that one side of a process knows."""

    def __init__(self, side: Literal["server", "client"], registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *more: str) -> _Counts:
            text = f"{text} on the {side}."
            return _Counts(f"grpc_{side}_{name}", text, (*LABELS, *more), registry)

        self._started = counter("started", "RPCs started")
        self._received = counter("msg_received", "Stream or unary messages received")
        self._sent = counter("msg_sent", "Stream or unary messages sent")
        self._handled = counter("handled", "RPCs completed, by code,", "grpc_code")
        self._seconds = _Spreads(
            f"grpc_{side}_handling_seconds",
            f"Seconds from the start to the end of an RPC on the {side}.",
            LABELS,
            SECONDS,
            registry,
        )

    def of(self, shape: str, service: str, method: str) -> MethodMeters:
        """The meters of a method; `shape` is `unary`, `server_stream` and so on."""
        labels = shape, service, method
        return MethodMeters(
            started=self._started.of(*labels).inc,
            received=self._received.of(*labels).inc,
            sent=self._sent.of(*labels).inc,
            handled={c: self._handled.of(*labels, go).inc for c, go in GO_CODES.items()},
            seconds=self._seconds.of(*labels).observe,
        )


_TRIPS: Final = (0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128)
MeterT = TypeVar("MeterT")


class _ByMethod(dict[str, MeterT]):
    """Meters by the full name of their method, each made when it is first asked for."""

    def __init__(
        self, policies: Iterable[MethodPolicy], make: Callable[[MethodPolicy], MeterT]
    ) -> None:
        super().__init__()
        self._policies = {policy.full_name: policy for policy in policies}
        self._make = make

    def __missing__(self, full_name: str) -> MeterT:
        made = self[full_name] = self._make(self._policies[full_name])
        return made

    def complete(self) -> None:
        """Make what nobody has asked for yet."""
        for full_name in self._policies:
            self[full_name]


class CallMeters:
    """The meters of all methods that a process serves, in a registry of their own."""

    def __init__(self, policies: Collection[MethodPolicy], running: Callable[[], float]) -> None:
        """Measure the methods of `policies`; `running` tells how many calls run at the moment."""
        self.registry = registry = CollectorRegistry()
        rpcs = RpcMeters("server", registry)
        in_flight = Gauge(
            "agent_memory_calls_in_flight",
            "RPCs that run or wait for a place at the moment.",
            registry=registry,
        )
        in_flight.set_function(running)
        self.of = _ByMethod(
            policies, lambda policy: rpcs.of(policy.shape, policy.service, policy.method)
        )
        trips = _Spreads(
            "agent_memory_store_round_trips",
            "Round trips to the store that an RPC made; those of watches are not counted.",
            ("grpc_service", "grpc_method"),
            _TRIPS,
            registry,
        )
        self.round_trips: _ByMethod[Callable[[float], None]] = _ByMethod(
            policies, lambda policy: trips.of(policy.service, policy.method).observe
        )

    def complete(self) -> None:
        """Create the series of all methods, which takes as long as the rest of a start."""
        self.of.complete()
        self.round_trips.complete()


class _Both(Collector):
    """The calls' metrics, and those that the process's other parts registered globally."""

    def __init__(self, calls: CollectorRegistry) -> None:
        self._calls = calls

    def collect(self) -> Iterator[Metric]:
        return chain(self._calls.collect(), REGISTRY.collect())


@contextmanager
def exposed(listen: str, meters: CallMeters) -> Iterator[str]:
    """Serve `/metrics` from a thread; yields the address, or "" where `listen` is empty.

    Raises:
        AddressTakenError: the address is taken.
    """
    if not listen:
        yield ""
        return
    address = parse_address(listen)
    meters.complete()
    both = CollectorRegistry(auto_describe=False)
    both.register(_Both(meters.registry))
    try:
        server, thread = start_http_server(address.port, address.host, both)
    except OSError as error:
        raise AddressTakenError(listen) from error
    try:
        yield str(Address(address.host, server.server_port))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_INTERVAL_SECONDS: Final = 1.0
_LAG: Final = Histogram(
    "agent_memory_event_loop_lag_seconds",
    "How much later than asked for the event loop comes back, once a second.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


@asynccontextmanager
async def watched_loop() -> AsyncIterator[None]:
    """Measure the lag of the running loop until the block is left."""
    watching = asyncio.create_task(_watch())
    try:
        yield
    finally:
        watching.cancel()


async def _watch() -> None:
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + _INTERVAL_SECONDS
        await asyncio.sleep(_INTERVAL_SECONDS)
        _LAG.observe(max(0.0, clock() - due))
