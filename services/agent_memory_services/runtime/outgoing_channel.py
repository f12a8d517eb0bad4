"""What every call to another service has: a deadline, a tenant, a trace, errors with a meaning."""

# ruff: noqa: ASYNC109 - `timeout` is what gRPC calls the deadline of a call.

from collections.abc import AsyncIterable, AsyncIterator, Callable, Container, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

import grpc

from agent_memory_services.runtime import deadline
from agent_memory_services.runtime.acting import call_metadata
from agent_memory_services.runtime.auth.own_identity import OwnIdentity
from agent_memory_services.runtime.call_names import call_name_metadata
from agent_memory_services.runtime.connection import Connection
from agent_memory_services.runtime.downstream import refused_by
from agent_memory_services.runtime.outgoing_call import OutgoingCall, meters_of
from agent_memory_services.runtime.rpc_meters import MethodMeters

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
        limits = [timeout or self._deadlines.get(method), deadline.remaining()]
        named = [call_name_metadata()] if method in self._named else []
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
        """Whether it is connected."""
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
    return refused_by(error, method.split("/")[1]) or error
