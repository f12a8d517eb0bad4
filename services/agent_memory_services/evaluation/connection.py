"""The service that is evaluated."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.runtime.transport import channel_options

_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_SECONDS = 120.0


class Connection:
    """Long-term memory over a channel; every call raises `grpc.aio.AioRpcError` when refused."""

    def __init__(self, channel: grpc.aio.Channel, token: str | None) -> None:
        """Call as the bearer of a token, if there is one."""
        self._stub = LongTermMemoryServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    async def create(self, request: rpc.CreateMemoriesRequest) -> rpc.CreateMemoriesResponse:
        """Store memories."""
        return await self._stub.CreateMemories(request, metadata=self._metadata, timeout=_SECONDS)

    async def search(self, request: rpc.SearchMemoriesRequest) -> rpc.SearchMemoriesResponse:
        """Ask a question."""
        return await self._stub.SearchMemories(request, metadata=self._metadata, timeout=_SECONDS)

    async def delete(self, request: rpc.DeleteMemoriesRequest) -> rpc.DeleteMemoriesResponse:
        """Delete memories."""
        return await self._stub.DeleteMemories(request, metadata=self._metadata, timeout=_SECONDS)


@asynccontextmanager
async def connected(address: str, token: str | None = None) -> AsyncIterator[Connection]:
    """A connection to the service at `host:port`."""
    async with grpc.aio.insecure_channel(address, channel_options(_MAX_MESSAGE_BYTES)) as channel:
        yield Connection(channel, token)
