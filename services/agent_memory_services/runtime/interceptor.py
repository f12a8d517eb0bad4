"""The one interceptor of a server. A chain of separate ones would halve its throughput."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import grpc

from agent_memory_services.runtime import arrival
from agent_memory_services.runtime.adapters import CallAdapter, Handler
from agent_memory_services.runtime.call import Context
from agent_memory_services.runtime.errors import Unimplemented
from agent_memory_services.runtime.methods import MethodPolicy
from agent_memory_services.runtime.status import status_of, to_grpc
from agent_memory_services.runtime.steps.base import Step

# The largest message takes as long over a slow line.
ARRIVAL_SECONDS = 60.0

Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]"


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Puts the steps around every method of the contracts."""

    def __init__(
        self,
        policies: Mapping[str, MethodPolicy],
        steps: Sequence[Step],
        *,
        open_services: frozenset[str] = frozenset(),
        max_message_bytes: int,
        arrival_seconds: float = ARRIVAL_SECONDS,
    ) -> None:
        """Serve the methods in `policies`, and `open_services` (health) as they are.

        A request may have `max_message_bytes`, and `arrival_seconds` to arrive.
        """
        self._policies = policies
        self._max_message_bytes = max_message_bytes
        self._arrival_seconds = arrival_seconds
        self._steps = tuple(steps)
        self._open = open_services
        self._adapted: dict[str, Handler] = {}
        self._unknown: Handler = grpc.stream_stream_rpc_method_handler(_refuse)

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """The handler of a call, adapted once per method."""
        path = handler_call_details.method
        if (adapted := self._adapted.get(path)) is None:
            handler = await continuation(handler_call_details)
            if handler is None or not (path in self._policies or _service(path) in self._open):
                return self._unknown
            adapted = arrival.within(self._arrival_seconds, self._with_steps(path, handler))
            self._adapted[path] = adapted
        return adapted

    def _with_steps(self, path: str, handler: Handler) -> Handler:
        if _service(path) in self._open:
            return handler
        return CallAdapter(
            self._policies[path], handler, self._steps, max_message_bytes=self._max_message_bytes
        ).adapted()


def _service(path: str) -> str:
    return path.split("/")[1]


async def _refuse(_: Any, context: Context) -> None:
    """Answer for a method of any shape; its name is a stranger's word and is not repeated."""
    await context.abort_with_status(to_grpc(status_of(Unimplemented("the method"))))
