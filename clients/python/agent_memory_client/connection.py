"""One call: its deadline, its credential, its request id and its errors."""

from collections.abc import AsyncGenerator, Sequence
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from ulid import ULID

from agent_memory_client.channels import ChannelPool, ChannelSet
from agent_memory_client.config import MemoryClientConfig
from agent_memory_client.error_details import from_rpc_error
from agent_memory_client.service_config import service_config

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


class Connection:
    """Calls the services in the way the contracts ask for."""

    def __init__(self, config: MemoryClientConfig, pool: ChannelPool) -> None:
        self.config = config
        self.pool = pool
        self._metadata = _metadata(config)

    @property
    def services(self) -> ChannelSet:
        """Stubs of the three services, for the running loop."""
        return self.pool.current()

    async def call(
        self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request
    ) -> Response:
        """Make a call. A mutation is named once, so that every attempt has the same effect.

        Raises:
            MemoryClientError: The subclass that stands for the status of the answer.
        """
        _name(request)
        timeout = self._timeout(request)
        try:
            return await method(request, timeout=timeout, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def stream(
        self, method: grpc.aio.UnaryStreamMultiCallable[Request, Response], request: Request
    ) -> AsyncGenerator[Response, None]:
        """Make a call whose answer is a stream; leaving the iteration ends it.

        Raises:
            MemoryClientError: The subclass that stands for the status the stream ended with.
        """
        deadline = service_config().deadlines.get(request.DESCRIPTOR.full_name)
        call = method(request, timeout=deadline, metadata=self._metadata)
        try:
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        finally:
            call.cancel()

    def _timeout(self, request: Message) -> float:
        own = self.config.timeout
        return service_config().deadlines[request.DESCRIPTOR.full_name] if own is None else own


def _name(request: Message) -> None:
    if "request_id" in request.DESCRIPTOR.fields_by_name and not getattr(request, "request_id"):  # noqa: B009 - no static type has it
        setattr(request, "request_id", str(ULID()))  # noqa: B010


def _metadata(config: MemoryClientConfig) -> Sequence[tuple[str, str]]:
    metadata: list[tuple[str, str]] = []
    if credential := config.credential:
        metadata.append(("authorization", f"Bearer {credential}"))
    if config.tenant:
        metadata.append(("x-agent-memory-tenant", config.tenant))
    return tuple(metadata)
