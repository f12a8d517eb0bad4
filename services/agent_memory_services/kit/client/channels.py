"""Channels to the other services of the suite, and what goes along with every call."""
# ruff: noqa: ASYNC109 - `timeout` is what gRPC calls the deadline of a call.

import asyncio
import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import grpc
from opentelemetry.trace import Span
from prometheus_client import REGISTRY

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth import scope
from agent_memory_services.kit.auth.own_identity import ANONYMOUS, OwnIdentity
from agent_memory_services.kit.contract import context, errors, status, transport
from agent_memory_services.kit.observe.metrics import MethodMeters, RpcMeters
from agent_memory_services.kit.observe.tracing import rpcs, spans


def call_metadata() -> list[tuple[str, str | bytes]]:
    """Return the metadata of a downstream call of the present call.

    Raises:
        LookupError: nobody is acted for; see `acting_for`.
    """
    caller = context.current_principal()
    metadata: list[tuple[str, str | bytes]] = [
        (scope.TENANT_HEADER, caller.tenant),
        (scope.SCOPE_HEADER, scope.scope_of(caller)),
    ]
    if (current := context.request_id_var.get()) is not None:
        metadata.append((context.REQUEST_ID_HEADER, current))
    return metadata


_REPEATABLE: Final[ContextVar[bool]] = ContextVar("repeatable", default=False)


@contextmanager
def repeatable() -> Iterator[None]:
    """Make calls whose requests name all that they make, so that a second attempt finds it.

    The attempts of other calls have a name in common, and who is called remembers its answer.
    """
    token = _REPEATABLE.set(True)
    try:
        yield
    finally:
        _REPEATABLE.reset(token)


@contextmanager
def acting_for(
    tenant: str,
    *,
    users: frozenset[str] | None = None,
    namespaces: frozenset[str] | None = None,
) -> Iterator[None]:
    """Do background work for a tenant: a principal and a request id of its own, no deadline.

    The work reaches `users` and `namespaces` only, where they are given.
    """
    worker = context.Principal(
        tenant=tenant,
        subject="background",
        access=Access.ACCESS_ADMIN,
        users=users,
        namespaces=namespaces,
    )
    settings: list[tuple[Any, Any]] = [
        (context.principal_var, worker),
        (context.request_id_var, context.accept_request_id(None)),
        (context.due_at_var, None),
    ]
    tokens = [(variable, variable.set(value)) for variable, value in settings]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


_METERS: Final = RpcMeters("client", REGISTRY)
Metadata = list[tuple[str, str | bytes]]


@cache
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
        if (tracer := spans.current_tracer()) is not None:
            self._span = rpcs.outgoing(tracer, self._path)
        return self

    def trace(self) -> Metadata:
        """The metadata by which the other service continues the trace."""
        return [] if self._span is None else rpcs.sent(self._span)

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
        case errors.ServiceError():  # refused on this side, such as for lack of time
            return status.CODES[error.reason]
        case asyncio.CancelledError() | GeneratorExit():
            return grpc.StatusCode.CANCELLED
    return grpc.StatusCode.UNKNOWN


# Calls that began on the channel before may take this long, which is more than most have.
_RETIRE_SECONDS = 120.0


class Connection:
    """The channel to one target, under this process's identity.

    A plain TLS channel keeps the certificate it was opened with for good; a server would refuse
    its next connection once that certificate has expired.
    """

    def __init__(self, target: str, options: transport.Options, identity: OwnIdentity) -> None:
        self._target = target
        self._options = options
        self._identity = identity
        self._credentials = identity.transport
        self._channel = self._opened()
        self._retired: dict[grpc.aio.Channel, asyncio.Task[None]] = {}

    def current(self) -> grpc.aio.Channel:
        """The channel for the next call."""
        credentials = self._identity.transport
        if credentials is not self._credentials:
            self._credentials = credentials
            self._retire(self._channel)
            self._channel = self._opened()
        return self._channel

    async def close(self, grace: float | None = None) -> None:
        """Close every channel that is still open; running calls have `grace` seconds to end."""
        for task in self._retired.values():
            task.cancel()
        channels = [*self._retired, self._channel]
        await asyncio.gather(*(channel.close(grace) for channel in channels))

    def _opened(self) -> grpc.aio.Channel:
        if self._credentials is None:
            return grpc.aio.insecure_channel(self._target, self._options)
        return grpc.aio.secure_channel(self._target, self._credentials, self._options)

    def _retire(self, channel: grpc.aio.Channel) -> None:
        task = self._retired[channel] = asyncio.create_task(channel.close(_RETIRE_SECONDS))
        task.add_done_callback(lambda _: self._retired.pop(channel, None))


Make: TypeAlias = "Callable[[grpc.aio.Channel], Any]"


class OutgoingChannel(grpc.aio.Channel):
    """A channel whose calls all get their deadline and metadata.

    The library's client interceptors would do the same at several times a call's own cost.
    """

    def __init__(
        self,
        connection: Connection,
        identity: OwnIdentity,
        deadlines: Mapping[str, float],
        named: Container[str],
        *,
        wait_for_ready: bool,
    ) -> None:
        """Wrap a connection.

        Args:
            connection: What to call by.
            identity: Who calls.
            deadlines: The methods' own, in seconds, by path.
            named: Paths of the methods whose attempts are one call only under one name.
            wait_for_ready: Wait for a connection until the deadline.
        """
        self._connection = connection
        self._identity = identity
        self._deadlines = deadlines
        self._named = named
        self._wait_for_ready = wait_for_ready

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""
        make = lambda channel: channel.unary_unary(method, *args, **kwargs)  # noqa: E731
        return self._single(method, make, meters_of(method, "unary"))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Many requests, one response."""
        make = lambda channel: channel.stream_unary(method, *args, **kwargs)  # noqa: E731
        return self._single(method, make, meters_of(method, "client_stream"))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, many responses."""
        make = lambda channel: channel.unary_stream(method, *args, **kwargs)  # noqa: E731
        return self._stream(method, make, meters_of(method, "server_stream"))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Many requests, many responses."""
        make = lambda channel: channel.stream_stream(method, *args, **kwargs)  # noqa: E731
        return self._stream(method, make, meters_of(method, "bidi_stream"))

    def _single(self, method: str, make: Make, meters: MethodMeters) -> Callable[..., Any]:
        multicallable = self._following(make)

        async def call(request: Any, *, timeout: float | None = None) -> Any:
            try:
                with OutgoingCall(method, meters) as outgoing:
                    terms = self._terms(method, timeout, outgoing)
                    response = await multicallable()(_counted(request, meters), **terms)
                    meters.received()
                    return response
            except grpc.aio.AioRpcError as error:
                raise _meaning(error, method) from error

        return call

    def _stream(
        self, method: str, make: Make, meters: MethodMeters
    ) -> Callable[..., AsyncIterator[Any]]:
        multicallable = self._following(make)

        async def call(request: Any, *, timeout: float | None = None) -> AsyncIterator[Any]:
            try:
                with OutgoingCall(method, meters) as outgoing:
                    terms = self._terms(method, timeout, outgoing)
                    responses = multicallable()(_counted(request, meters), **terms)
                    try:
                        async for response in responses:
                            meters.received()
                            yield response
                    finally:
                        responses.cancel()
            except grpc.aio.AioRpcError as error:
                raise _meaning(error, method) from error

        return call

    def _following(self, make: Make) -> Callable[[], Any]:
        """The library's side of a method, made once for each channel of the connection."""
        channel = self._connection.current()
        made = make(channel)

        def current() -> Any:
            nonlocal channel, made
            if (latest := self._connection.current()) is not channel:
                channel, made = latest, make(latest)
            return made

        return current

    def _terms(self, method: str, timeout: float | None, outgoing: OutgoingCall) -> dict[str, Any]:
        limits = [timeout or self._deadlines.get(method), context.remaining()]
        is_named = method in self._named and not _REPEATABLE.get()
        named = [context.call_name_metadata()] if is_named else []
        return {
            "timeout": min((limit for limit in limits if limit is not None), default=None),
            "metadata": [*call_metadata(), *named, *self._identity.metadata, *outgoing.trace()],
            "wait_for_ready": self._wait_for_ready,
        }

    async def close(self, grace: float | None = None) -> None:
        """Close it; running calls have `grace` seconds to end."""
        await self._connection.close(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Return the state of the connection."""
        return self._connection.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait until the state is another one."""
        await self._connection.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until it is connected."""
        await self._connection.current().channel_ready()


def _counted(request: Any, meters: MethodMeters) -> Any:
    """The request, or the stream of them, counted as it is sent."""
    if not isinstance(request, AsyncIterable):
        meters.sent()
        return request
    return _counted_stream(request, meters)


async def _counted_stream(requests: AsyncIterable[Any], meters: MethodMeters) -> AsyncIterator[Any]:
    async for request in requests:
        meters.sent()
        yield request


def _meaning(error: grpc.aio.AioRpcError, method: str) -> Exception:
    return status.refused_by(error, method.split("/")[1]) or error


_CONTRACT = json.loads(files("agent_memory").joinpath("service_config.json").read_text())
_DEADLINES: dict[str, float] = _CONTRACT["deadlines_seconds"]
_SCHEMES = frozenset({"dns", "ipv4", "ipv6", "unix"})
_NAMED = frozenset(_CONTRACT["named_by_request_id"])
_SERVICE_CONFIG = json.dumps(_CONTRACT["named_calls_service_config"])


def open_channel(
    address: str,
    *,
    identity: OwnIdentity = ANONYMOUS,
    max_message_bytes: int = 16 * 1024 * 1024,
    wait_for_ready: bool = False,
) -> grpc.aio.Channel:
    """A channel to the service at `address`, for a stub of the contracts.

    Every call acts for the present principal, carries the present request id, and has a
    deadline: the one it is given, or else the method's own, and never more than is left of the
    present call. Calls are retried by the library; those that change something carry a name, by
    which the other service knows a repetition. Refusals are raised as `ServiceError`. A name is
    resolved again when connections end, and all its addresses are used.

    Args:
        address: where the service listens, as `host:port` or as a gRPC target, which may list
            several replicas: `ipv4:10.0.0.1:50051,10.0.0.2:50051`.
        identity: how this process shows itself to it.
        max_message_bytes: the largest message, both ways.
        wait_for_ready: wait for a connection until the deadline, instead of failing at once.
    """
    options = [
        *transport.channel_options(max_message_bytes),
        ("grpc.service_config", _SERVICE_CONFIG),
    ]
    connection = Connection(_target(address), options, identity)
    return OutgoingChannel(connection, identity, _DEADLINES, _NAMED, wait_for_ready=wait_for_ready)


def _target(address: str) -> str:
    if address.partition(":")[0] in _SCHEMES:
        return address
    host = transport.parse_address(address).host
    return address if transport.is_ip(host) else f"dns:///{address}"
