"""What every call to another service has: a deadline, a tenant, errors that can be understood."""

# ruff: noqa: ASYNC109 - `timeout` is what gRPC calls the deadline of a call.

from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import grpc

from agent_memory_services.runtime import deadline
from agent_memory_services.runtime.acting import call_metadata
from agent_memory_services.runtime.downstream import refused_by


class OutgoingChannel(grpc.aio.Channel):
    """A channel whose calls all get their deadline and metadata.

    The library's client interceptors would do the same at several times a call's own cost.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        deadlines: Mapping[str, float],
        *,
        wait_for_ready: bool,
    ) -> None:
        """Wrap a channel; `deadlines` are the methods' own, in seconds, by path."""
        self._channel = channel
        self._deadlines = deadlines
        self._wait_for_ready = wait_for_ready

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""
        return self._single(method, self._channel.unary_unary(method, *args, **kwargs))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Many requests, one response."""
        return self._single(method, self._channel.stream_unary(method, *args, **kwargs))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, many responses."""
        return self._stream(method, self._channel.unary_stream(method, *args, **kwargs))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Many requests, many responses."""
        return self._stream(method, self._channel.stream_stream(method, *args, **kwargs))

    def _single(self, method: str, multicallable: Any) -> Callable[..., Any]:
        async def call(request: Any, *, timeout: float | None = None) -> Any:
            try:
                return await multicallable(request, **self._terms(method, timeout))
            except grpc.aio.AioRpcError as error:
                raise _meaning(error, method) from error

        return call

    def _stream(self, method: str, multicallable: Any) -> Callable[..., AsyncIterator[Any]]:
        async def call(request: Any, *, timeout: float | None = None) -> AsyncIterator[Any]:
            responses = multicallable(request, **self._terms(method, timeout))
            try:
                async for response in responses:
                    yield response
            except grpc.aio.AioRpcError as error:
                raise _meaning(error, method) from error
            finally:
                responses.cancel()

        return call

    def _terms(self, method: str, timeout: float | None) -> dict[str, Any]:
        limits = [timeout or self._deadlines.get(method), deadline.remaining()]
        return {
            "timeout": min((limit for limit in limits if limit is not None), default=None),
            "metadata": call_metadata(),
            "wait_for_ready": self._wait_for_ready,
        }

    async def close(self, grace: float | None = None) -> None:
        """Close it; running calls have `grace` seconds to end."""
        await self._channel.close(grace)

    async def __aenter__(self) -> Self:
        await self._channel.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._channel.__aexit__(kind, error, traceback)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Whether it is connected."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait until the state is another one."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until it is connected."""
        await self._channel.channel_ready()


def _meaning(error: grpc.aio.AioRpcError, method: str) -> Exception:
    return refused_by(error, method.split("/")[1]) or error
