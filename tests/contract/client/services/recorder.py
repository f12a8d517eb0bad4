"""What reached the server, and what it was told to answer instead."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from tests.contract.client.services.refusal import refuse


@dataclass(frozen=True, slots=True)
class Received:
    """One attempt of a call."""

    method: str
    request: Any
    metadata: dict[str, str | bytes]
    time_remaining: float | None


class Recorder(grpc.aio.ServerInterceptor):
    """Notes every unary call; refuses or holds up those it was told to.

    Attributes:
        received: the attempts so far.
        refusals: what the next calls of a method are told instead of an answer.
        stalled: methods whose calls are answered only once `released` is set.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.refusals: dict[str, deque[Status]] = defaultdict(deque)
        self.stalled: set[str] = set()
        self.released = asyncio.Event()

    def calls(self, method: str) -> list[Received]:
        """The attempts of one method, in order."""
        return [call for call in self.received if call.method == method]

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], "Awaitable[grpc.RpcMethodHandler[Any, Any] | None]"
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Wrap unary handlers."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method.rpartition("/")[2]
        if handler is None or handler.response_streaming or handler.request_streaming:
            return handler

        async def run(request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            metadata = dict(context.invocation_metadata() or ())
            self.received.append(Received(method, request, metadata, context.time_remaining()))
            if method in self.stalled:
                await self.released.wait()
            if self.refusals[method]:
                await refuse(context, self.refusals[method].popleft())
            behave: Any = handler.unary_unary
            return await behave(request, context)

        return grpc.unary_unary_rpc_method_handler(
            run,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
