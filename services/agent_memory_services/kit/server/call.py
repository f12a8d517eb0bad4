"""A call as the steps of the interceptor see it, and the interface of a step."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar, Never

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.trace import Span

from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.context import Principal, RoundTrips
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.status import to_grpc

Context = grpc.aio.ServicerContext[Any, Any]


async def abort(context: Context, status: Status) -> Never:
    """End a call with a status, where its caller is still there.

    Raises:
        grpc.aio.AbortError: the caller has been told.
        asyncio.CancelledError: the caller has gone, so that nobody could be told.
    """
    try:
        await context.abort_with_status(to_grpc(status))
    except grpc.aio.InternalError:
        # All that the library says of a caller who went away a moment before.
        raise asyncio.CancelledError from None


# What the caller of the present call sent along. The interceptor is told, and to ask the library
# again costs as much as all look-ups in it.
metadata_var: ContextVar[Sequence[tuple[str, str | bytes]]] = ContextVar("metadata", default=())


@dataclass(slots=True, eq=False)
class Call:
    """A call as far as it is known; each step fills in its part.

    Attributes:
        policy: what the contract says about the method.
        context: the library's view of the call.
        started: when it began, on the monotonic clock.
        metadata: what the caller sent along.
        request_id: names the call in logs and downstream.
        span: the call in its trace; None where traces are off.
        round_trips: how often it went to the store so far; None where that is not counted.
        principal: who it acts for; None before authentication.
        due: when its answer is due, on the monotonic clock; None means never.
        task: what runs the call, where the server itself may have to end it.
        ending: why the server itself ended the call, if it did.
        request_bytes: size of the requests so far.
        response_bytes: size of the responses so far.
        answer: the serialized answer of a call with one response. A step that sets it before
            the handler ran answers in its place.
        error: what ended the call, if not its normal end.
        status: the error as it goes over the wire.
        code: the call's final code.
    """

    policy: MethodPolicy
    context: Context
    started: float = 0.0
    metadata: Mapping[str, str | bytes] = field(default_factory=dict)
    request_id: str = ""
    span: Span | None = None
    round_trips: RoundTrips | None = None
    principal: Principal | None = None
    due: float | None = None
    task: asyncio.Task[Any] | None = None
    ending: errors.ServiceError | None = None
    request_bytes: int = 0
    response_bytes: int = 0
    answer: bytes | None = None
    error: BaseException | None = None
    status: Status | None = None
    code: grpc.StatusCode = grpc.StatusCode.OK

    def end(self, why: errors.ServiceError) -> None:
        """End the call from outside, while its handler waits for something."""
        if self.task is not None and self.ending is None:
            self.ending = why
            self.task.cancel()


# A hook that needs no I/O returns None and so costs no await.
Pending = Awaitable[None] | None


class Step:
    """One concern of every call; a hook that raises ends the call.

    Steps are entered in order and left in reverse order, each exactly once if it was entered
    without an error. One object serves all calls, so what belongs to a call is kept in it.
    """

    name: ClassVar[str]

    def enter(self, call: Call) -> Pending:
        """Take part from here on; nothing of the request has been looked at."""

    def received(self, call: Call, message: Message) -> Pending:
        """Look at a request message before the handler does."""

    def sent(self, call: Call) -> None:
        """Take note of a response message."""

    def exit(self, call: Call) -> Pending:
        """Conclude; `call.error` tells how the call ended, and may be set."""
