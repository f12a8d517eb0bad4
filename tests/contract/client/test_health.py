"""Asking for health."""

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from agent_memory_client import MemoryAPIClient
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services


async def test_services_say_for_themselves_whether_they_serve() -> None:
    """The standard protocol is asked by each service's name."""
    server = grpc.aio.server()
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    serving, not_serving = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING
    await servicer.set("agent_memory.working_memory.v1.WorkingMemoryService", serving)
    await servicer.set("agent_memory.long_term_memory.v1.LongTermMemoryService", not_serving)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with MemoryAPIClient(f"http://127.0.0.1:{port}") as client:
        found = await client.health_check()
    await server.stop(None)
    assert found.services == {
        "working_memory": True,
        "long_term_memory": False,
        "extraction": False,
    }
    assert not found.healthy


async def test_behind_a_gateway_a_small_read_is_the_question(
    client: MemoryAPIClient, services: Services
) -> None:
    """Where nobody serves the health protocol, the services themselves are asked."""
    assert (await client.health_check()).healthy
    services.recorder.refusals["ListJobs"].extend(
        [refusal(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")] * 4
    )
    assert (await client.health_check()).services["extraction"] is False
