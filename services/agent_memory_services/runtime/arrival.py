"""The time in which the one request of a call has to arrive after its headers.

Left to itself the library waits for it without a limit, and calls nobody meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import grpc

from agent_memory_services.runtime.call import Context
from agent_memory_services.runtime.errors import DeadlineExceeded, InvalidField, ServiceError
from agent_memory_services.runtime.status import status_of, to_grpc

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behaviour: TypeAlias = Callable[[Any, Context], Awaitable[Any]]


def within(seconds: float, handler: Handler) -> Handler:
    """The same handler for requests that arrive in `seconds`; others end their call.

    To the library it takes a stream, so that it is called at once. A handler of requests that are
    a stream in earnest is left as it is; those of responses must write them themselves.
    """
    if handler.request_streaming:
        return handler
    shaped: Any = handler
    codec = (handler.request_deserializer, handler.response_serializer)
    if handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(_timed(shaped.unary_stream, seconds), *codec)
    return grpc.stream_unary_rpc_method_handler(_timed(shaped.unary_unary, seconds), *codec)


def _timed(behaviour: Behaviour, seconds: float) -> Behaviour:
    async def timed(_: object, context: Context) -> Any:
        try:
            async with asyncio.timeout(seconds):
                request = await context.read()
        except TimeoutError:
            return await _refuse(context, DeadlineExceeded())
        if request is grpc.aio.EOF:
            return await _refuse(context, InvalidField("", "the request is missing"))
        return await behaviour(request, context)

    return timed


async def _refuse(context: Context, error: ServiceError) -> None:
    await context.abort_with_status(to_grpc(status_of(error)))
