"""The interceptor: one chain of steps around every RPC of every shape.

An adapter takes and gives bytes: parsing and serializing happen inside the steps, where a
request that cannot be parsed and an answer that cannot be sent are mapped, counted and logged
like everything else. (Done by the library they would happen outside of any interceptor.)
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Never, TypeAlias, cast

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from agent_memory_services.kit.contract import errors, transport
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.status import refusal, status_of
from agent_memory_services.kit.server import arrival
from agent_memory_services.kit.server.arrival import path_of_bad_text
from agent_memory_services.kit.server.call import Call, Context, Step, abort

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class CallAdapter:
    """Runs the calls of one method through the steps."""

    def __init__(
        self,
        policy: MethodPolicy,
        handler: Handler,
        steps: Sequence[Step],
        *,
        max_message_bytes: int,
    ) -> None:
        """Adapt a handler whose requests may have `max_message_bytes`."""
        self._policy = policy
        self._max_request_bytes = max_message_bytes
        self._max_answer_bytes = transport.max_answer_bytes(max_message_bytes)
        self._handler: Any = handler
        self._steps = tuple(steps)
        self._received = _overriding(steps, "received")
        self._sent = _overriding(steps, "sent")

    def adapted(self) -> Handler:
        """Return the function that the library calls in place of the handler.

        Responses of a stream are written by the adapter, so that the call is one coroutine from
        its first step to its last, whatever the shape.
        """
        match self._policy.client_streaming, self._policy.server_streaming:
            case False, False:
                return grpc.unary_unary_rpc_method_handler(self._unary_unary)
            case False, True:
                return grpc.unary_stream_rpc_method_handler(self._unary_stream)
            case True, False:
                return grpc.stream_unary_rpc_method_handler(self._stream_unary)
        return grpc.stream_stream_rpc_method_handler(self._stream_stream)

    async def _unary_unary(self, data: bytes, context: Context) -> bytes | None:
        async def body(call: Call) -> None:
            request = await self._parsed(call, data)
            if call.answer is None:
                self._answered(call, await self._handler.unary_unary(request, context))

        return await self._run(context, body)

    async def _stream_unary(self, stream: AsyncIterator[bytes], context: Context) -> bytes | None:
        async def body(call: Call) -> None:
            async with aclosing(self._requests(call, stream)) as requests:
                self._answered(call, await self._handler.stream_unary(requests, context))

        return await self._run(context, body)

    async def _unary_stream(self, data: bytes, context: Context) -> None:
        async def body(call: Call) -> None:
            request = await self._parsed(call, data)
            await self._write(call, self._handler.unary_stream(request, context))

        await self._run(context, body)

    async def _stream_stream(self, stream: AsyncIterator[bytes], context: Context) -> None:
        async def body(call: Call) -> None:
            async with aclosing(self._requests(call, stream)) as requests:
                await self._write(call, self._handler.stream_stream(requests, context))

        await self._run(context, body)

    async def _run(self, context: Context, body: Callable[[Call], Awaitable[None]]) -> bytes | None:
        """The call between its first and its last step; its one answer, if it has one."""
        call = Call(self._policy, context)
        entered = 0
        try:
            for step in self._steps:
                if (pending := step.enter(call)) is not None:
                    await pending
                entered += 1
            await body(call)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - mapped by a step
            call.error = _cause(call, error)
        for step in reversed(self._steps[:entered]):
            try:
                if (pending := step.exit(call)) is not None:
                    await pending
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as above
                call.error = _cause(call, error)
        if call.error is not None:
            await _fail(call, call.error)
        return call.answer

    async def _parsed(self, call: Call, data: bytes) -> Message:
        call.request_bytes += len(data)
        if len(data) > self._max_request_bytes:
            raise errors.MessageTooLarge("request", len(data), self._max_request_bytes)
        try:
            message = self._policy.request_type.FromString(data)
        except DecodeError:
            raise self._undecodable(data) from None
        for received in self._received:
            if (pending := received(call, message)) is not None:
                await pending
        return message

    def _undecodable(self, data: bytes) -> errors.InvalidField:
        descriptor = cast("Descriptor", self._policy.request_type.DESCRIPTOR)
        if (path := path_of_bad_text(descriptor, data)) is not None:
            return errors.InvalidField(path, "must be Unicode text in UTF-8")
        return errors.InvalidField("", f"the request is not a {descriptor.full_name}")

    async def _requests(
        self, call: Call, stream: AsyncIterator[bytes]
    ) -> AsyncGenerator[Message, None]:
        async for data in stream:
            yield await self._parsed(call, data)

    async def _write(self, call: Call, responses: AsyncGenerator[Message, None]) -> None:
        async with aclosing(responses):
            async for response in responses:
                await _send(call.context, self._serialized(call, response))

    def _answered(self, call: Call, response: Message) -> None:
        call.answer = self._serialized(call, response)

    def _serialized(self, call: Call, response: Message) -> bytes:
        data = response.SerializeToString()
        if len(data) > self._max_answer_bytes:
            raise errors.MessageTooLarge("answer", len(data), self._max_answer_bytes)
        call.response_bytes += len(data)
        for sent in self._sent:
            sent(call)
        return data


def _overriding(steps: Sequence[Step], hook: str) -> tuple[Callable[..., Any], ...]:
    """The hooks that do something; a message passes most steps by."""
    return tuple(
        getattr(step, hook)
        for step in steps
        if getattr(type(step), hook) is not getattr(Step, hook)
    )


def _cause(call: Call, error: BaseException) -> BaseException:
    """Return the cause of a call's end: a cancellation of our own stands for its reason."""
    if not isinstance(error, asyncio.CancelledError):
        return error
    if call.ending and call.task:
        call.task.uncancel()
        return call.ending
    task = asyncio.current_task()
    if task is not None and not task.cancelling():
        # Something that the call waited for was cancelled, and its caller still waits.
        orphaned = RuntimeError("what the call waited for was cancelled")
        orphaned.__cause__ = error
        return orphaned
    return error


async def _send(context: Context, data: bytes) -> None:
    try:
        await context.write(data)
    except grpc.aio.InternalError:
        # All that the library says of a caller who went away a moment before.
        raise errors.Cancelled from None


async def _fail(call: Call, error: BaseException) -> Never:
    """Answer with the status that the steps settled, where anybody still listens."""
    if isinstance(error, asyncio.CancelledError | grpc.aio.AbortError):
        raise error
    # A step that failed after the mapping must not put its own text on the wire either.
    status = call.status or status_of(refusal(error))
    await abort(call.context, status)


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
    await abort(context, status_of(errors.Unimplemented("the method")))
