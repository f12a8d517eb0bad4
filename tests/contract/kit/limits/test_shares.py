"""Shares of tenants and methods, and short memory, on a real server."""

import asyncio
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1 import service_pb2_grpc as pb_grpc
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.contract.kit.shapes import REQUEST, SHAPES, echo, serve
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.servers import serving
from tests.support.waiting import eventually

ACME = (("x-agent-memory-tenant", "acme"),)
OTHER = (("x-agent-memory-tenant", "other"),)
READ = pb.GetWorkingMemoryRequest(session_id="s")
WRITE = pb.SetWorkingMemoryRequest(working_memory=WorkingMemory(session_id="s"))


class Gate:
    """A behaviour that waits for its gate to open."""

    def __init__(self) -> None:
        self.waiting = 0
        self.open = asyncio.Event()

    async def __call__(self, *_: object) -> SessionRef:
        self.waiting += 1
        await self.open.wait()
        return SessionRef()


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_busy_tenant_leaves_room_for_others(shape: str) -> None:
    """Until its own calls are over; calls of every shape count."""
    gate = Gate()
    settings = ProcessSettings(max_concurrent_calls_per_tenant=2, access_log=False)
    async with serve(gate, settings=settings) as shapes, asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(shapes.call(shape, REQUEST, metadata=ACME))
        await eventually(lambda: gate.waiting == 2)
        with refused() as refusal:
            await shapes.call(shape, REQUEST, metadata=ACME)
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "OVERLOADED",
        )
        assert refusal.retry_after > 0
        group.create_task(shapes.call(shape, REQUEST, metadata=OTHER))
        await eventually(lambda: gate.waiting == 3)
        gate.open.set()
        await eventually(lambda: shapes.admission.running == 0)
        assert await shapes.call(shape, REQUEST, metadata=ACME)


async def test_a_tenant_that_calls_too_often_is_told_when_to_come_again() -> None:
    """And then let in; others do not notice."""
    settings = ProcessSettings(calls_per_second_per_tenant=1, burst_seconds=2, access_log=False)
    async with serve(echo, settings=settings) as shapes:
        with refused() as refusal:
            # The third; a later one where a slow machine gives the bucket time to fill.
            for _ in range(100):
                await shapes.call("unary", REQUEST, metadata=ACME)
        assert shapes.handled("unary", "OK") >= 2
        assert refusal.reason == "QUOTA_EXCEEDED"
        assert refusal.metadata == {"limit": "calls_per_second_per_tenant"}
        assert 0 < refusal.retry_after <= 1
        await shapes.call("unary", REQUEST, metadata=OTHER)
        await asyncio.sleep(refusal.retry_after)
        await shapes.call("unary", REQUEST, metadata=ACME)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_concurrent_calls_by_method": {"GetWorkingMemory": 1}}, "OVERLOADED"),
        (
            {"calls_per_second_by_method": {"GetWorkingMemory": 0.001}, "burst_seconds": 1},
            "QUOTA_EXCEEDED",
        ),
    ],
)
async def test_one_method_has_its_own_share(limits: dict[str, Any], reason: str) -> None:
    """Whoever calls it; the other methods do not notice."""
    gate = Gate()
    servicer = Told(gate)
    async with (
        serving(lifespan_of(servicer), ProcessSettings(**limits)) as served,
        asyncio.TaskGroup() as group,
    ):
        stub = pb_grpc.WorkingMemoryServiceStub(served.channel)
        first = stub.GetWorkingMemory(READ, timeout=60, metadata=ACME)
        group.create_task(_awaited(first))
        await eventually(lambda: gate.waiting == 1)
        with refused() as refusal:
            await stub.GetWorkingMemory(READ, timeout=60, metadata=OTHER)
        assert refusal.reason == reason
        assert refusal.retry_after > 0
        gate.open.set()
        await stub.SetWorkingMemory(WRITE, timeout=60)


async def test_short_memory_refuses_calls_and_nothing_else() -> None:
    """Health checks are answered, and what runs goes on."""
    settings = ProcessSettings(memory_limit_bytes=1)
    async with serving(lifespan_of(Told()), settings) as served:
        with refused() as refusal:
            await pb_grpc.WorkingMemoryServiceStub(served.channel).GetWorkingMemory(
                READ, timeout=60
            )
        assert (refusal.reason, refusal.retry_after) == ("OVERLOADED", 1.0)
        health = await health_pb2_grpc.HealthStub(served.channel).Check(
            health_pb2.HealthCheckRequest(), timeout=60
        )
        assert health.status == health_pb2.HealthCheckResponse.SERVING


async def _awaited(call: grpc.aio.UnaryUnaryCall[Any, Any]) -> None:
    await call
