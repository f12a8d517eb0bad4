"""Arrival of a request: the time it takes, and bytes that cannot be decoded.

Left to itself the library waits for it without a limit, and calls nobody meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TypeAlias

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from agent_memory_services.kit.contract import errors, status
from agent_memory_services.kit.server.call import Context, abort

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
            await abort(context, status.status_of(errors.DeadlineExceeded()))
        if request is grpc.aio.EOF:
            await abort(
                context, status.status_of(errors.InvalidField("", "the request is missing"))
            )
        return await behaviour(request, context)

    return timed
