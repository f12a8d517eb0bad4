"""Calls: their deadline, credential, request id and span, and the errors they end with.

One connection waits in an event loop, the other one in the calling thread; both use the same
channels, and everything before and after the waiting is shared.
"""

import asyncio
import queue
import random
import threading
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import contextmanager, suppress
from typing import Any, Final, Generic, TypeVar

import grpc
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import Int32Value, StringValue
from ulid import ULID

from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term_memory
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory_client._channels import SERVICES, Channels, Method, closed, method_of
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations.operation import Operation, Upload, as_it_is
from agent_memory_client._status import REQUEST_ID_HEADER, Place, from_rpc_error, traced
from agent_memory_client.errors import (
    MemoryCancelledError,
    MemoryClientError,
    MemoryResourceExhaustedError,
    invalid,
)

Response = TypeVar("Response", bound=Message)
Result = TypeVar("Result")
Item = TypeVar("Item")
AnyIterable = Iterable[Item] | AsyncIterable[Item]
Metadata = tuple[tuple[str, str | bytes], ...]

_HEALTH = "/grpc.health.v1.Health/Check"
_HEALTH_SECONDS = 5.0
_LONGEST_TIMEOUT = 1e9
_END: Final = object()
_SMALL_READS: Final[Mapping[str, Message]] = {
    SERVICES["working_memory"]: working_memory.ListSessionsRequest(page_size=1),
    SERVICES["long_term_memory"]: long_term_memory.ListMemoriesRequest(page_size=1),
    SERVICES["extraction"]: extraction.ListJobsRequest(page_size=1),
}


class _Patience:
    """Time of one call: its attempts, and its waits for a server that is at its limit."""

    def __init__(self, allowed: float | None) -> None:
        self._due = None if allowed is None else time.monotonic() + allowed
        self._refusals = 0

    @property
    def left(self) -> float | None:
        """Seconds until the call has to be over; None where it may take any time."""
        return None if self._due is None else max(0.001, self._due - time.monotonic())

    def pause(self, refused: MemoryResourceExhaustedError) -> float:
        """Answer the seconds to wait before the next attempt.

        The server's word is the least; those who were refused together come back spread out, and
        each time later.

        Raises:
            MemoryResourceExhaustedError: The refusal, where there is no time left for that.
        """
        if refused.reason not in _PASSING or refused.retry_after is None:
            raise refused
        growth = min(2.0**self._refusals, _MOST_GROWTH)
        self._refusals += 1
        wait = max(refused.retry_after, _SHORTEST_PAUSE) * growth * (1 + random.random())  # noqa: S311 - no secret
        if wait >= (_LONGEST_PAUSE if self.left is None else self.left):
            raise refused
        return wait


_PASSING: Final = frozenset({"OVERLOADED", "QUOTA_EXCEEDED"})
_MOST_GROWTH: Final = 8.0
_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 30.0


class _Connection:
    """Parts of a call that need no waiting."""

    def __init__(self, config: MemoryClientConfig, channels: Channels) -> None:
        self.config = config
        self.channels = channels
        self._identity = _identity(config)

    def _timeout(self, of_call: float | None, method: Method) -> float | None:
        """Choose the seconds of a call: its own, the client's, or those of the contract."""
        if of_call is not None:
            return seconds(of_call)
        own = self.config.timeout
        return method.deadline if own is None else min(own, _LONGEST_TIMEOUT)

    def usual_seconds(self, operation: Operation[Any, Any]) -> float:
        """Answer the seconds that a call may take where the caller says nothing."""
        usual = self._timeout(None, method_of(type(operation.request)))
        return _LONGEST_TIMEOUT if usual is None else usual

    def _metadata(self) -> Metadata:
        """Say who calls, and under which name the server's log will know this call."""
        return (*self._identity, (REQUEST_ID_HEADER, str(ULID())))

    def _place(self, service: str) -> Place:
        """Answer where a service is called."""
        at = list(SERVICES.values()).index(service)
        return Place(list(SERVICES)[at], self.config.addresses[at])

    def _health(self, service: str) -> "grpc.UnaryUnaryMultiCallable[StringValue, Int32Value]":
        """Answer what calls `Health.Check`, without its package.

        Its request holds one string and its response one enum, both as field 1, so on the wire
        they are the well-known wrappers.
        """
        return self.channels.of(service).unary_unary(
            _HEALTH,
            request_serializer=StringValue.SerializeToString,
            response_deserializer=Int32Value.FromString,
        )


class SyncConnection(_Connection):
    """Calls that wait in the thread that makes them; uses no event loop."""

    def call(self, operation: Operation[Any, Result], timeout: float | None = None) -> Result:
        """Make a call. A mutation is named once, so that every attempt has the same effect.

        A server that is at its limit is asked again when it says, while the call's time allows.

        Raises:
            MemoryClientError: The subclass that stands for the status of the answer.
        """
        method = method_of(type(operation.request))
        patience = _Patience(self._timeout(timeout, method))
        name(operation.request)
        while True:
            metadata = self._metadata()
            try:
                with failures(metadata, self._place(method.service)), traced(method.path) as trace:
                    response = _result(
                        self.channels.unary(method).future(
                            operation.request, timeout=patience.left, metadata=(*metadata, *trace)
                        )
                    )
            except MemoryResourceExhaustedError as refused:
                time.sleep(patience.pause(refused))
            else:
                return operation.result(response)

    def stream(
        self, operation: Operation[Any, Result], timeout: float | None = None
    ) -> Generator[Result, None, None]:
        """Make a call whose answer is a stream; leaving the iteration ends it.

        Raises:
            MemoryClientError: The subclass that stands for the status the stream ended with.
        """
        method = method_of(type(operation.request))
        bound = method.deadline if timeout is None else seconds(timeout)
        metadata = self._metadata()
        with failures(metadata, self._place(method.service)), traced(method.path) as trace:
            call = self.channels.stream(method)(
                operation.request, timeout=bound, metadata=(*metadata, *trace)
            )
            try:
                for response in call:
                    yield operation.result(response)
            finally:
                call.cancel()

    def upload(
        self,
        operation: Upload[Item, Any, Result],
        given: Iterable[Item],
        timeout: float | None = None,
    ) -> Result:
        """Make a call whose requests are a stream; each is asked for when there is room.

        Raises:
            MemoryClientError: The subclass that stands for the status of the answer.
        """
        method = method_of(operation.kind)
        bound = method.deadline if timeout is None else seconds(timeout)
        metadata = self._metadata()
        iterable(given, operation.path, Iterable)
        requests = _Requests(operation, iter(given))
        with requests.errors(), failures(metadata, self._place(method.service)):
            response = _result(
                self.channels.upload(method).future(requests, timeout=bound, metadata=metadata)
            )
        return operation.result(response)

    def health(self, service: str, timeout: float | None = None) -> int:
        """Ask a service for its health; answers the number of its status.

        Raises:
            MemoryClientError: The subclass that stands for the status of the answer.
        """
        bound = _health_seconds(timeout, self.config)
        metadata = self._metadata()
        with failures(metadata, self._place(service)):
            answer = _result(
                self._health(service).future(
                    StringValue(value=service), timeout=bound, metadata=metadata
                )
            )
        return int(answer.value)


class AsyncConnection(_Connection):
    """Calls that wait in the running event loop; see `SyncConnection` for the arguments."""

    async def call(self, operation: Operation[Any, Result], timeout: float | None = None) -> Result:
        """Make a call. A mutation is named once, so that every attempt has the same effect."""
        method = method_of(type(operation.request))
        patience = _Patience(self._timeout(timeout, method))
        name(operation.request)
        while True:
            metadata = self._metadata()
            try:
                with failures(metadata, self._place(method.service)), traced(method.path) as trace:
                    response = await _answer(
                        self.channels.unary(method).future(
                            operation.request, timeout=patience.left, metadata=(*metadata, *trace)
                        )
                    )
            except MemoryResourceExhaustedError as refused:
                await asyncio.sleep(patience.pause(refused))
            else:
                return operation.result(response)

    async def stream(
        self,
        operation: Operation[Any, Result],
        timeout: float | None = None,
    ) -> AsyncGenerator[Result, None]:
        """Make a call whose answer is a stream; leaving the iteration ends it."""
        method = method_of(type(operation.request))
        bound = method.deadline if timeout is None else seconds(timeout)
        metadata = self._metadata()
        with failures(metadata, self._place(method.service)), traced(method.path) as trace:
            call = self.channels.stream(method)(
                operation.request, timeout=bound, metadata=(*metadata, *trace)
            )
            responses = _Reader(call)
            try:
                async for response in responses:
                    yield operation.result(response)
            finally:
                call.cancel()
                responses.end()

    async def upload(
        self,
        operation: Upload[Item, Any, Result],
        given: AnyIterable[Item],
        timeout: float | None = None,
    ) -> Result:
        """Make a call whose requests are a stream; each is asked for when there is room."""
        method = method_of(operation.kind)
        bound = method.deadline if timeout is None else seconds(timeout)
        metadata = self._metadata()
        iterable(given, operation.path, Iterable, AsyncIterable)
        requests = _Requests(operation, _from_loop(given))
        with requests.errors(), failures(metadata, self._place(method.service)):
            response = await _answer(
                self.channels.upload(method).future(requests, timeout=bound, metadata=metadata)
            )
        return operation.result(response)

    async def health(self, service: str, timeout: float | None = None) -> int:
        """Ask a service for its health; answers the number of its status."""
        bound = _health_seconds(timeout, self.config)
        metadata = self._metadata()
        with failures(metadata, self._place(service)):
            answer = await _answer(
                self._health(service).future(
                    StringValue(value=service), timeout=bound, metadata=metadata
                )
            )
        return int(answer.value)


def _result(call: Any) -> Any:
    """Wait for the end of a call outside of gRPC's core, in which no thread may be at a fork."""
    try:
        return call.result()
    finally:
        call.cancel()


async def _answer(call: Any) -> Any:
    """Wait for the end of a call without holding up the loop; giving up cancels the call."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    call.add_done_callback(lambda _: _tell(loop, ended, None, None))
    try:
        await ended
    finally:
        call.cancel()
    return call.result()


class _Reader(Generic[Response]):
    """Responses of a stream, read by a thread of its own, one whenever one is asked for."""

    def __init__(self, call: Iterator[Response]) -> None:
        self._asked: queue.SimpleQueue[asyncio.Future[Any] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        # A daemon, so that a stream nobody closed does not hold up the end of the process.
        threading.Thread(
            target=self._read, args=(call,), name="agent-memory-stream", daemon=True
        ).start()

    def __aiter__(self) -> AsyncIterator[Response]:
        return self

    async def __anext__(self) -> Response:
        told = self._loop.create_future()
        self._asked.put(told)
        if (response := await told) is _END:
            raise StopAsyncIteration
        return response  # type: ignore[no-any-return]

    def end(self) -> None:
        """End the thread, once its call has ended."""
        self._asked.put(None)

    def _read(self, call: Iterator[Response]) -> None:
        while (told := self._asked.get()) is not None:
            try:
                response = next(call, _END)
            except grpc.RpcError as error:
                _tell(self._loop, told, None, error)
            else:
                _tell(self._loop, told, response, None)


class _Requests(Iterator[Message], Generic[Item]):
    """Requests of an upload, which gRPC asks for in a thread of its own."""

    def __init__(self, operation: Upload[Item, Any, Any], given: Iterator[Item]) -> None:
        self._operation = operation
        self._given = given
        self._count = 0
        self._error: BaseException | None = None

    def __next__(self) -> Message:
        try:
            item = next(self._given)
            request = self._operation.shape(item, self._count)
        except StopIteration:
            raise
        except BaseException as error:
            self._error = error
            raise StopIteration from error
        self._count += 1
        return request

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise the error of the items themselves instead of what it did to the call."""
        try:
            yield
        finally:
            if self._error is not None:
                raise self._error


def _from_loop(given: AnyIterable[Item]) -> Iterator[Item]:
    """Iterate, in another thread, over what belongs to the running loop."""
    loop = asyncio.get_running_loop()
    each = _each(given)

    async def step() -> Any:
        return await anext(each, _END)

    def pull() -> Iterator[Item]:
        while (item := asyncio.run_coroutine_threadsafe(step(), loop).result()) is not _END:
            yield item

    return pull()


async def _each(given: AnyIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(given, AsyncIterable):
        async for item in given:
            yield item
    else:
        for item in given:
            yield item


def _tell(
    loop: asyncio.AbstractEventLoop,
    told: asyncio.Future[Any],
    result: object,
    error: BaseException | None,
) -> None:
    """Give a future of a loop its result, from another thread."""

    def tell() -> None:
        if told.done():
            return
        if error is None:
            told.set_result(result)
        else:
            told.set_exception(error)

    # A loop that is closed has nobody who waits.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)


@contextmanager
def failures(metadata: Metadata, place: Place) -> Iterator[None]:
    """Turn what gRPC raises into errors of the client, for a call to a place."""
    try:
        yield
    except MemoryClientError:
        raise
    except grpc.RpcError as error:
        raise from_rpc_error(error, dict(metadata), place) from error
    except grpc.FutureCancelledError as error:
        raise MemoryCancelledError("the client was closed during the call") from error
    except ValueError as error:
        # So it says that a channel was closed between two steps of a call.
        raise closed() from error


def seconds(timeout: object) -> float:
    """Read the time that a caller allows.

    Raises:
        MemoryValidationError: It is no number above 0.
    """
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool) or not timeout > 0:
        raise invalid("timeout", "needs a number of seconds above 0")
    return min(timeout, _LONGEST_TIMEOUT)


def name(request: Message) -> None:
    """Give a mutation a name of its own, where the caller gave it none."""
    if "request_id" in request.DESCRIPTOR.fields_by_name and not getattr(request, "request_id"):  # noqa: B009 - no static type has it
        setattr(request, "request_id", str(ULID()))  # noqa: B010


def small_read(service: str) -> Operation[Any, Any]:
    """Make the smallest question that a service answers, where it does not serve health."""
    return Operation(_SMALL_READS[service], as_it_is)


def iterable(given: object, path: str, *kinds: type) -> None:
    """Refuse what holds no items.

    Raises:
        MemoryValidationError: It is a text or a mapping, or none of these kinds.
    """
    if isinstance(given, (str, bytes, bytearray, Mapping)) or not isinstance(given, kinds):
        raise invalid(path, f"needs a list, not {type(given).__name__}")


def _health_seconds(timeout: float | None, config: MemoryClientConfig) -> float:
    return seconds(timeout) if timeout is not None else config.timeout or _HEALTH_SECONDS


def _identity(config: MemoryClientConfig) -> Metadata:
    metadata: list[tuple[str, str | bytes]] = []
    if credential := config.credential:
        metadata.append(("authorization", f"Bearer {credential}"))
    if config.tenant:
        metadata.append(("x-agent-memory-tenant", config.tenant))
    return tuple(metadata)
