"""One call: its deadline, its credential, its request id, its span and its errors."""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from ulid import ULID

from agent_memory_client.channels import ChannelPool, ChannelSet
from agent_memory_client.config import MemoryClientConfig
from agent_memory_client.error_details import REQUEST_ID_HEADER, from_rpc_error
from agent_memory_client.service_config import service_config
from agent_memory_client.tracing import traced

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


class Connection:
    """Calls the services in the way the contracts ask for."""

    def __init__(self, config: MemoryClientConfig, pool: ChannelPool) -> None:
        self.config = config
        self.pool = pool
        self._identity = _identity(config)

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
        own, contract, name = self.config.timeout, service_config(), request.DESCRIPTOR.full_name
        timeout = contract.deadlines[name] if own is None else own
        metadata = self._metadata()
        try:
            with traced(contract.paths[name]) as trace:
                return await method(request, timeout=timeout, metadata=(*metadata, *trace))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, dict(metadata)) from error

    async def stream(
        self, method: grpc.aio.UnaryStreamMultiCallable[Request, Response], request: Request
    ) -> AsyncGenerator[Response, None]:
        """Make a call whose answer is a stream; leaving the iteration ends it.

        Raises:
            MemoryClientError: The subclass that stands for the status the stream ended with.
        """
        contract, name = service_config(), request.DESCRIPTOR.full_name
        metadata = self._metadata()
        try:
            with traced(contract.paths[name]) as trace:
                call = method(
                    request, timeout=contract.deadlines.get(name), metadata=(*metadata, *trace)
                )
                try:
                    async for response in call:
                        yield response
                finally:
                    call.cancel()
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, dict(metadata)) from error

    async def upload(
        self,
        method: grpc.aio.StreamUnaryMultiCallable[Request, Response],
        requests: AsyncIterable[Request],
        kind: type[Request],
    ) -> Response:
        """Make a call whose requests are a stream; each is asked for when the server has room.

        Args:
            method: What to call.
            requests: The requests; an error of theirs ends the call and is raised.
            kind: What they are.

        Raises:
            MemoryClientError: The subclass that stands for the status of the answer.
        """
        deadline = service_config().deadlines.get(kind.DESCRIPTOR.full_name)
        metadata = self._metadata()
        call = method(timeout=deadline, metadata=metadata)
        try:
            async for request in requests:
                if call.done():
                    # It is refused; the rest is of no use.
                    break
                await call.write(request)
            await call.done_writing()
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, dict(metadata)) from error
        finally:
            call.cancel()

    def _metadata(self) -> Sequence[tuple[str, str]]:
        """Who calls, and the name under which the server's log will know this call."""
        return (*self._identity, (REQUEST_ID_HEADER, str(ULID())))


def _name(request: Message) -> None:
    if "request_id" in request.DESCRIPTOR.fields_by_name and not getattr(request, "request_id"):  # noqa: B009 - no static type has it
        setattr(request, "request_id", str(ULID()))  # noqa: B010


def _identity(config: MemoryClientConfig) -> Sequence[tuple[str, str]]:
    metadata: list[tuple[str, str]] = []
    if credential := config.credential:
        metadata.append(("authorization", f"Bearer {credential}"))
    if config.tenant:
        metadata.append(("x-agent-memory-tenant", config.tenant))
    return tuple(metadata)
