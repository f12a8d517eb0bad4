"""One call to another service, as metrics and traces see it."""

import asyncio
import time
from types import TracebackType
from typing import Final, Self

import grpc
from opentelemetry.trace import Span
from prometheus_client import REGISTRY

from agent_memory_services.runtime.errors import ServiceError
from agent_memory_services.runtime.rpc_meters import MethodMeters, RpcMeters
from agent_memory_services.runtime.status import CODES
from agent_memory_services.runtime.tracing import propagation, rpcs
from agent_memory_services.runtime.tracing.spans import current_tracer

_METERS: Final = RpcMeters("client", REGISTRY)
Metadata = list[tuple[str, str | bytes]]


def meters_of(path: str, shape: str) -> MethodMeters:
    """The meters of `/package.Service/Method`; its series exist from then on."""
    _, service, method = path.split("/")
    return _METERS.of(shape, service, method)


class OutgoingCall:
    """Counts, times and traces what happens until its block is left."""

    __slots__ = ("_meters", "_path", "_span", "_started")

    def __init__(self, path: str, meters: MethodMeters) -> None:
        self._path = path
        self._meters = meters
        self._span: Span | None = None

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._meters.started()
        if (tracer := current_tracer()) is not None:
            self._span = rpcs.outgoing(tracer, self._path)
        return self

    def trace(self) -> Metadata:
        """The metadata by which the other service continues the trace."""
        return [] if self._span is None else propagation.sent(self._span)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        code = _code_of(error)
        self._meters.handled[code]()
        self._meters.seconds(time.monotonic() - self._started)
        if self._span is not None:
            rpcs.returned(self._span, code)


def _code_of(error: BaseException | None) -> grpc.StatusCode:
    match error:
        case None:
            return grpc.StatusCode.OK
        case grpc.aio.AioRpcError():
            return error.code()
        case ServiceError():  # refused on this side, such as for lack of time
            return CODES[error.reason]
        case asyncio.CancelledError() | GeneratorExit():
            return grpc.StatusCode.CANCELLED
    return grpc.StatusCode.UNKNOWN
