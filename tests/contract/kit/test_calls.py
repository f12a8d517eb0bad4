"""What surrounds the calls of a served service."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from structlog.testing import capture_logs

from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.contract import context as request_id
from agent_memory_services.kit.contract.context import Principal, current_principal
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.server import Service
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.steps import congestion
from tests.contract.kit.refusals import refused
from tests.contract.kit.working_memory import FULL_NAME, Told, lifespan_of
from tests.support.servers import Served, serving
from tests.support.stubs import WorkingMemoryStub
from tests.support.waiting import eventually

READ = pb.GetWorkingMemoryRequest(session_id="s1", user_id="alice")
SERVING = health_pb2.HealthCheckResponse.SERVING


@asynccontextmanager
async def serve(
    behave: Callable[..., Any] | None = None, **settings: Any
) -> AsyncIterator[tuple[Served, WorkingMemoryStub]]:
    """A service whose reads do as `behave`, and a stub of it."""
    async with serving(lifespan_of(Told(behave)), ProcessSettings(**settings)) as served:
        yield served, WorkingMemoryServiceStub(served.channel)


async def test_a_handler_knows_who_calls_and_by_which_id() -> None:
    """Tenant and request id come from the metadata, with sensible defaults."""
    seen: list[tuple[Principal, str | None]] = []

    async def note(*_: object) -> None:
        seen.append((current_principal(), request_id.request_id_var.get()))

    async with serve(note, default_tenant="acme") as (_, stub):
        await stub.GetWorkingMemory(READ)
        await stub.GetWorkingMemory(
            READ, metadata=(("x-agent-memory-tenant", "other"), ("x-request-id", "r1"))
        )
    assert [principal.tenant for principal, _ in seen] == ["acme", "other"]
    assert seen[0][1]
    assert seen[1][1] == "r1"


async def test_a_call_is_one_line_without_anybodys_data() -> None:
    """Method, code, duration, sizes, peer; no ids, no text."""

    async def fail(*_: object) -> None:
        raise KeyError("alice")

    with capture_logs() as logs:
        async with serve() as (_, stub):
            await stub.GetWorkingMemory(READ, metadata=(("x-agent-memory-tenant", "acme"),))
        async with serve(fail) as (_, stub):
            with refused():
                await stub.GetWorkingMemory(READ)
    good, bad = [line for line in logs if line["event"] == "call"]
    assert (good["service"], good["method"]) == (FULL_NAME, "GetWorkingMemory")
    assert (good["code"], good["log_level"]) == ("OK", "info")
    assert good["duration_ms"] > 0
    assert good["request_bytes"] == READ.ByteSize()
    assert good["response_bytes"] == 0
    assert good["peer"].startswith("ipv4:127.0.0.1:")
    assert (bad["code"], bad["log_level"]) == ("INTERNAL", "error")
    for secret in ("alice", "s1", "acme"):
        assert secret not in str([good, bad])


async def test_metrics_log_and_wire_agree_on_the_code() -> None:
    """A handler's own abort included."""

    async def abort(_: object, context: Any) -> None:
        await context.abort(grpc.StatusCode.DATA_LOSS, "by hand")

    with capture_logs() as logs:
        async with serve(abort) as (served, stub):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.GetWorkingMemory(READ)
            # What a handler answers by itself is sent before the call is logged and counted.
            await eventually(lambda: "code" in (logs or [{}])[-1])
            text = await asyncio.to_thread(_metrics, served)
    assert raised.value.code() is grpc.StatusCode.DATA_LOSS
    assert logs[-1]["code"] == "DATA_LOSS"
    (line,) = [
        line
        for line in text.splitlines()
        if line.startswith("grpc_server_handled_total") and not line.endswith(" 0.0")
    ]
    assert 'grpc_code="DataLoss"' in line
    assert 'grpc_method="GetWorkingMemory"' in line
    assert line.endswith(" 1.0")


async def test_messages_of_streams_are_counted() -> None:
    """Each of them, not just the call."""
    async with serve() as (served, stub):
        async for _ in stub.WatchWorkingMemory(pb.WatchWorkingMemoryRequest(session_id="s")):
            pass
        text = await asyncio.to_thread(_metrics, served)
    labels = (
        f'{{grpc_method="WatchWorkingMemory",grpc_service="{FULL_NAME}",grpc_type="server_stream"}}'
    )
    for name in ("started", "msg_received", "msg_sent"):
        assert f"grpc_server_{name}_total{labels} 1.0" in text
    assert f"grpc_server_handling_seconds_count{labels} 1.0" in text


async def test_readiness_and_liveness_are_told_apart() -> None:
    """A started server is ready under both names, and alive."""
    async with serve() as (served, _):
        health = health_pb2_grpc.HealthStub(served.channel)
        for name in ("", FULL_NAME, "liveness"):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == SERVING


async def test_a_full_server_is_not_a_sick_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Health checks pass where calls are refused."""
    monkeypatch.setattr(congestion, "_WAITS_AT_MOST", 0.02)
    monkeypatch.setattr(congestion, "_MAY_WAIT", 0.0)
    entered, release = asyncio.Event(), asyncio.Event()

    async def wait(*_: object) -> None:
        entered.set()
        await release.wait()

    async with serve(wait, max_concurrent_calls=1) as (served, stub):
        running = asyncio.ensure_future(stub.GetWorkingMemory(READ))
        await entered.wait()
        with refused() as refusal:
            await stub.GetWorkingMemory(READ, timeout=30)
        assert refusal.reason == "OVERLOADED"
        health = health_pb2_grpc.HealthStub(served.channel)
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == SERVING
        release.set()
        await running


@pytest.mark.parametrize("enabled", [True, False])
async def test_reflection_is_a_setting(enabled: bool) -> None:
    """Contracts are told to who asks, or not."""
    async with serve(reflection=enabled) as (served, _):
        stub = reflection_pb2_grpc.ServerReflectionStub(served.channel)
        call = stub.ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        )
        if enabled:
            names = {service.name for service in (await call.read()).list_services_response.service}
            assert FULL_NAME in names
        else:
            with refused() as refusal:
                await call.read()
            assert refusal.reason == "UNIMPLEMENTED"


async def test_a_method_that_a_servicer_leaves_out_is_unimplemented() -> None:
    """The generated default is answered like a method that does not exist."""
    async with serve() as (_, stub):
        with refused() as refusal:
            await stub.ListSessions(pb.ListSessionsRequest())
    assert refusal.code is grpc.StatusCode.UNIMPLEMENTED
    assert refusal.reason == "UNIMPLEMENTED"


async def test_a_port_can_be_taken_once() -> None:
    """A second server says so at once."""
    settings = ProcessSettings(listen="127.0.0.1:0", lame_duck_seconds=0)
    async with server.start(settings, lifespan_of(Told())) as first:
        second = settings.model_copy(update={"listen": first.address})
        with pytest.raises(OSError, match="cannot listen on"):
            async with server.start(second, lifespan_of(Told())):
                pass


async def test_the_lifespan_outlives_the_last_call() -> None:
    """What a service owns is open until nobody uses it."""
    events: list[str] = []
    entered = asyncio.Event()

    async def slow(*_: object) -> None:
        entered.set()
        await asyncio.sleep(0.05)
        events.append("answered")

    @asynccontextmanager
    async def lifespan(settings: ProcessSettings) -> AsyncIterator[Service]:
        async with lifespan_of(Told(slow))(settings) as service:
            yield service
        events.append("closed")

    async with serving(lifespan, ProcessSettings()) as served:
        call = WorkingMemoryServiceStub(served.channel).GetWorkingMemory(READ)
        await entered.wait()
        del call
    assert events[-1] == "closed"


def _metrics(served: Served) -> str:
    with urllib.request.urlopen(f"http://{served.metrics_address}/metrics") as response:
        return response.read().decode()
