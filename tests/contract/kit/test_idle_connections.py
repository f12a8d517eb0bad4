"""Connections on which nobody calls for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from agent_memory_services.kit.contract.transport import channel_options, server_options
from tests.support.frame_line import GOAWAY, PING, FrameLine
from tests.support.waiting import eventually

PING_SECONDS = 0.2
# The library ends a connection at the third ping that comes too soon.
PINGS = 6


@asynccontextmanager
async def pinged() -> AsyncIterator[tuple[FrameLine, health_pb2_grpc.HealthStub]]:
    """A server as ours are, a channel as ours are, and the line between them."""
    server = grpc.aio.server(options=server_options(1 << 20, ping_seconds=PING_SECONDS))
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    line = FrameLine(f"127.0.0.1:{port}")
    options = channel_options(1 << 20, ping_seconds=PING_SECONDS)
    try:
        async with line.running(), grpc.aio.insecure_channel(line.address, options) as channel:
            yield line, health_pb2_grpc.HealthStub(channel)
    finally:
        await server.stop(None)


async def test_an_idle_connection_outlives_its_pings() -> None:
    """The server asks nobody to go away, and the next call goes the same way."""
    async with pinged() as (line, stub):
        await stub.Check(health_pb2.HealthCheckRequest())
        await eventually(lambda: line.sent[PING] >= PINGS or bool(line.answered[GOAWAY]), within=60)
        assert not line.answered[GOAWAY]
        await stub.Check(health_pb2.HealthCheckRequest())
        assert line.connections == 1


async def test_a_silent_stream_outlives_its_pings() -> None:
    """A watch may have nothing to tell for hours."""
    async with pinged() as (line, stub):
        watch = stub.Watch(health_pb2.HealthCheckRequest())
        assert await watch.read()
        silent = asyncio.create_task(watch.read())
        await eventually(lambda: line.sent[PING] >= PINGS or silent.done(), within=60)
        assert not silent.done()
        assert not line.answered[GOAWAY]
        watch.cancel()
        await asyncio.wait([silent])
