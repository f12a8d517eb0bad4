"""The end of a server."""

import asyncio

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.working_memory import FULL_NAME, Told, lifespan_of

READ = pb.GetWorkingMemoryRequest(session_id="s1", user_id="alice")
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_ENDS = 60


async def test_a_draining_server_is_alive_but_not_ready_and_still_answers() -> None:
    """Balancers have the lame-duck time to react, and nobody is failed meanwhile."""
    settings = ProcessSettings(listen="127.0.0.1:0", lame_duck_seconds=600, drain_seconds=60)
    async with (
        server.start(settings, lifespan_of(Told())) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service=FULL_NAME))
        assert (await watch.read()).status == SERVING
        draining = asyncio.create_task(running.drain())
        assert (await watch.read()).status == NOT_SERVING
        alive = await health.Check(health_pb2.HealthCheckRequest(service="liveness"))
        assert alive.status == SERVING
        assert await WorkingMemoryServiceStub(channel).GetWorkingMemory(READ) is not None
        # The time ends here, whatever the clock says.
        draining.cancel()
        running._settings = settings.model_copy(update={"lame_duck_seconds": 0.0})


async def test_a_server_without_time_to_drain_ends_in_order() -> None:
    """The library took the whole process down, once in a dozen times."""
    settings = ProcessSettings(
        listen="127.0.0.1:0", metrics_listen="", lame_duck_seconds=0, drain_seconds=0
    )
    for _ in range(_ENDS):
        async with server.start(settings, lifespan_of(Told())) as running:
            channel = grpc.aio.insecure_channel(running.address)
            await WorkingMemoryServiceStub(channel).GetWorkingMemory(READ)
        await channel.close()
