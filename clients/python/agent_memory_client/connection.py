"""Calls with the contracts' own messages, where `MemoryAPIClient` would read and shape too much."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar

from google.protobuf.message import Message

from agent_memory_client._channels import Channels
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._connection import AsyncConnection
from agent_memory_client._operations.operation import Operation, Upload, as_it_is
from agent_memory_client._status import from_status

__all__ = ["Connection", "from_status"]

Request = TypeVar("Request", bound=Message)


class Connection:
    """Calls of an event loop, with the deadlines, retries, names and errors of the client."""

    def __init__(self, config: MemoryClientConfig) -> None:
        self._connection = AsyncConnection(config, Channels(config))

    async def call(self, request: Message, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - a deadline that the server learns of too
        """Call the method that takes a request; answers its response.

        Args:
            request: The request, of a method with one response.
            timeout: Seconds the call may take; the config's when absent.

        Raises:
            MemoryClientError: The subclass that stands for the status of the answer.
        """
        operation: Operation[Any, Any] = Operation(request, as_it_is)
        return await self._connection.call(operation, timeout)

    def stream(
        self, request: Message, *, timeout: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Call the method that takes a request and streams responses; leaving it ends the call.

        Args:
            request: The request.
            timeout: Seconds for the whole stream; the contract's when absent.
        """
        operation: Operation[Any, Any] = Operation(request, as_it_is)
        return self._connection.stream(operation, timeout)

    async def upload(
        self,
        kind: type[Request],
        requests: Iterable[Request] | AsyncIterable[Request],
        *,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Any:
        """Call the method that takes a stream of requests; answers its response.

        Args:
            kind: Type of the requests.
            requests: The requests, each asked for when the server has room.
            timeout: Seconds for the whole upload; the contract's when absent.

        Raises:
            MemoryClientError: The subclass that stands for the status of the answer.
        """
        operation: Upload[Request, Any, Any] = Upload(
            kind, lambda request, _: request, as_it_is, "requests"
        )
        return await self._connection.upload(operation, requests, timeout)

    async def aclose(self) -> None:
        """Close the connection for good."""
        self._connection.channels.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
