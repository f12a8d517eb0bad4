"""Asking a server for its health from a command."""

import asyncio

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from agent_memory_services.kit.server.probe import problem


async def test_a_probe_tells_ready_from_not_ready_and_from_nobody() -> None:
    """Only SERVING is no problem; a name that nobody knows and a dead server are."""
    checks = health.aio.HealthServicer()
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    assert await asyncio.to_thread(problem, address) == ""
    assert await asyncio.to_thread(problem, address, "nobody") == f"{address}: NOT_FOUND"
    await checks.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    assert await asyncio.to_thread(problem, address) == f"{address}: NOT_SERVING"
    await server.stop(0)
    assert await asyncio.to_thread(problem, address) == f"{address}: UNAVAILABLE"
