"""The interceptor: one chain of steps around every RPC of every shape.

An adapter takes and gives bytes: parsing and serializing happen inside the steps, where a
request that cannot be parsed and an answer that cannot be sent are mapped, counted and logged
like everything else. (Done by the library they would happen outside of any interceptor.) A request
has a time to arrive in: left to itself the library waits for it without a limit, and calls nobody
meanwhile.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from typing import Any, Final, Never, TypeAlias, cast

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from agent_memory_services.kit.contract import errors, status, transport
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.status import refusal, status_of
from agent_memory_services.kit.server.call import Call, Context, Step, abort, metadata_var

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_FIXED: Final = {_FIXED64: 8, _FIXED32: 4}
_MOST_SHIFT: Final = 63
# Looking takes a few dozen milliseconds at the most, whatever somebody sends.
_MOST_FIELDS: Final = 20_000

# A field's number, how it is encoded, and what it holds; of a varint, nothing.
_Field: TypeAlias = tuple[int, int, memoryview]


def path_of_bad_text(descriptor: Descriptor, data: bytes) -> str | None:
    """The path of the first text that is not UTF-8, such as `messages[3].content`.

    None where there is none among the first fields, or where the bytes are no message.
    """
    try:
        return _found(descriptor, memoryview(data), iter(range(_MOST_FIELDS)))
    except (IndexError, RecursionError, ValueError):
        return None


def _found(descriptor: Descriptor, data: memoryview, left: Iterator[int]) -> str | None:
    counts: dict[int, int] = {}
    for (number, wire, value), _ in zip(_fields(data), left, strict=False):
        field = descriptor.fields_by_number.get(number)
        if field is None or wire != _DELIMITED:
            continue
        at = counts[number] = counts.get(number, -1) + 1
        name = f"{field.name}[{at}]" if field.is_repeated else field.name
        if field.type == FieldDescriptor.TYPE_STRING and not _is_text(value):
            return name
        if field.message_type is not None:
            below = _found(field.message_type, value, left)
            if below is not None:
                return f"{name}.{below}"
    return None


def _is_text(value: memoryview) -> bool:
    try:
        str(value, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fields(data: memoryview) -> Iterator[_Field]:
    """The fields of a message, as they are encoded.

    Raises:
        IndexError, ValueError: the bytes are no message.
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            _, at = _varint(data, at)
            yield number, wire, data[:0]
            continue
        size = _FIXED.get(wire)
        if size is None:
            if wire != _DELIMITED:
                raise ValueError(wire)
            size, at = _varint(data, at)
        if at + size > len(data):
            raise IndexError
        yield number, wire, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A whole number and the position behind it."""
    value = shift = 0
    while True:
        if shift > _MOST_SHIFT:
            raise ValueError(shift)
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behaviour: TypeAlias = Callable[[Any, Context], Awaitable[Any]]


class Arrivals:
    """Ends calls whose requests do not arrive in time. One timer watches over all of them."""

    def __init__(self, seconds: float) -> None:
        """Give each request `seconds`."""
        self._seconds = seconds
        # Calls whose requests are waited for, by their tasks, and when each is due.
        self._waiting: dict[asyncio.Task[Any], float] = {}
        self._ended: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, handler: Handler) -> Handler:
        """Return the same handler for requests that arrive in time; others end their call.

        To the library it takes a stream, so that it is called at once. A handler of requests that
        are a stream in earnest is left as it is; those of responses must write them themselves.
        """
        if handler.request_streaming:
            return handler
        shaped: Any = handler
        codec = (handler.request_deserializer, handler.response_serializer)
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(self._timed(shaped.unary_stream), *codec)
        return grpc.stream_unary_rpc_method_handler(self._timed(shaped.unary_unary), *codec)

    def _timed(self, behaviour: Behaviour) -> Behaviour:
        async def timed(_: object, context: Context) -> Any:
            task = cast("asyncio.Task[Any]", asyncio.current_task())
            self._await(task)
            try:
                request = await context.read()
            except asyncio.CancelledError:
                if task not in self._ended or task.uncancel():
                    raise
                await abort(context, status.status_of(errors.DeadlineExceeded()))
            finally:
                self._waiting.pop(task, None)
                self._ended.discard(task)
            if request is grpc.aio.EOF:
                await abort(
                    context, status.status_of(errors.InvalidField("", "the request is missing"))
                )
            return await behaviour(request, context)

        return timed

    def _await(self, task: asyncio.Task[Any]) -> None:
        loop = task.get_loop()
        self._waiting[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the calls that are overdue; they stand in the order in which they are due."""
        self._timer = None
        for task, due in list(self._waiting.items()):
            if due > loop.time():
                self._timer = loop.call_at(due, self._look, loop)
                return
            del self._waiting[task]
            self._ended.add(task)
            task.cancel()


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
        self._arrivals = Arrivals(arrival_seconds)
        self._steps = tuple(steps)
        self._open = open_services
        self._adapted: dict[str, Handler] = {}
        self._unknown: Handler = grpc.stream_stream_rpc_method_handler(_refuse)

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """The handler of a call, adapted once per method."""
        path = handler_call_details.method
        metadata_var.set(handler_call_details.invocation_metadata)
        if (adapted := self._adapted.get(path)) is None:
            handler = await continuation(handler_call_details)
            if handler is None or not (path in self._policies or _service(path) in self._open):
                return self._unknown
            adapted = self._arrivals.within(self._with_steps(path, handler))
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
