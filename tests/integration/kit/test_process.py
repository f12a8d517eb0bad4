"""The life of a service process: real signals, real exit codes."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from redis.asyncio import Redis

from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.raw import next_of

DEFAULTS = {
    "AGENT_MEMORY_LISTEN": "127.0.0.1:0",
    "AGENT_MEMORY_LAME_DUCK_SECONDS": "0.2",
    "AGENT_MEMORY_DRAIN_SECONDS": "5",
}


class Process:
    """A started process and what it has logged."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[dict[str, Any]] = []
        self.text = ""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def logged(self, event: str) -> dict[str, Any]:
        """The next line of an event."""
        assert self._process.stderr is not None
        async with asyncio.timeout(300):
            while raw := await self._process.stderr.readline():
                self.text += raw.decode()
                line = json.loads(raw) if raw.startswith(b"{") else {"event": raw.decode()}
                self.lines.append(line)
                if line["event"] == event:
                    return line
        raise AssertionError(f"no {event} in {self.text}")

    async def exit_code(self) -> int:
        """Wait for its end."""
        assert self._process.stderr is not None
        async with asyncio.timeout(300):
            rest = await self._process.stderr.read()
            self.text += rest.decode()
            self.lines += [json.loads(raw) for raw in rest.splitlines() if raw[:1] == b"{"]
            return await self._process.wait()

    @property
    def events(self) -> list[str]:
        """The names of all lines."""
        return [line["event"] for line in self.lines]


@asynccontextmanager
async def started(**changes: str) -> AsyncIterator[Process]:
    """The process, killed at the latest when the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.kit.slow_service",
        env={**os.environ, **DEFAULTS, **changes},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def connected(process: Process) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the process once it is ready."""
    address = (await process.logged("server.ready"))["address"]
    async with grpc.aio.insecure_channel(address) as channel:
        yield channel


def _read(session_id: str) -> pb.GetWorkingMemoryRequest:
    return pb.GetWorkingMemoryRequest(session_id=session_id)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_call_in_flight_finishes_and_the_exit_is_clean(number: signal.Signals) -> None:
    """Not ready first, then the drain, then the lifespan, then 0."""
    # Longer than this test waits: a watcher of health that used up the drain would fail it.
    unhurried = {"AGENT_MEMORY_DRAIN_SECONDS": "100"}
    async with started(**unhurried) as process, connected(process) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest())
        assert (await next_of(watch)).status == health_pb2.HealthCheckResponse.SERVING
        stub = WorkingMemoryServiceStub(channel)
        call = asyncio.ensure_future(stub.GetWorkingMemory(_read("slow")))
        await process.logged("test.entered")
        process.send(number)
        assert (await next_of(watch)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert await call is not None
        assert await process.exit_code() == 0
        life = [event for event in process.events if event.startswith(("server.", "test.hand"))]
        assert life == ["server.ready", "server.draining", "test.handed_back", "server.stopped"]


async def test_a_call_that_never_ends_is_ended_by_the_drain() -> None:
    """The process does not wait for ever, and the caller is told to go elsewhere."""
    async with (
        started(AGENT_MEMORY_DRAIN_SECONDS="0.2", AGENT_MEMORY_LAME_DUCK_SECONDS="0") as process,
        connected(process) as channel,
    ):
        call = WorkingMemoryServiceStub(channel).GetWorkingMemory(_read("stuck"))
        waiting = asyncio.ensure_future(call)
        await process.logged("test.entered")
        process.send(signal.SIGTERM)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await waiting
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
        assert await process.exit_code() == 0


async def test_a_watcher_is_told_to_continue_elsewhere() -> None:
    """An open-ended stream holds up nothing, and its end says what it is."""
    async with started() as process, connected(process) as channel:
        stub = WorkingMemoryServiceStub(channel)
        watch = stub.WatchWorkingMemory(pb.WatchWorkingMemoryRequest(session_id="stuck"))
        assert (await next_of(watch)).resume_token == "t1"
        await process.logged("test.entered")
        process.send(signal.SIGTERM)
        with refused() as refusal:
            await next_of(watch)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        assert await process.exit_code() == 0


async def test_a_second_signal_ends_the_process_at_once() -> None:
    """Whoever is in a hurry does not wait for the drain."""
    async with (
        started(AGENT_MEMORY_LAME_DUCK_SECONDS="60") as process,
        connected(process),
    ):
        process.send(signal.SIGTERM)
        await process.logged("server.draining")
        process.send(signal.SIGTERM)
        assert await process.exit_code() == -signal.SIGTERM


async def test_a_signal_during_the_start_is_a_clean_end() -> None:
    """A process that was never ready has nothing to drain."""
    async with started(SLOW_SERVICE="starts never") as process:
        await process.logged("test.starting")
        process.send(signal.SIGTERM)
        assert await process.exit_code() == 0
        assert process.events[-1] == "server.stopped"


async def test_failing_background_work_ends_the_process() -> None:
    """A process that serves but no longer works would be worse than none."""
    async with started(
        SLOW_SERVICE="fails in the background", AGENT_MEMORY_LAME_DUCK_SECONDS="0"
    ) as process:
        assert await process.exit_code() == 1
        failed = process.lines[-1]
        assert (failed["event"], failed["level"]) == ("server.failed", "critical")
        assert "the background work failed" in failed["exception"]


async def _health(address: str) -> dict[str, int]:
    """What a process says of its liveness and of its readiness."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        return {
            name: (
                await stub.Check(health_pb2.HealthCheckRequest(service=name), wait_for_ready=True)
            ).status
            for name in ("liveness", "")
        }


async def test_a_store_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    """Meanwhile the process is alive and not ready, and says for what it waits."""
    health = f"127.0.0.1:{free_port('127.0.0.1')}"
    async with EmbeddedStore(tmp_path) as store:
        address = store.url
        await store.stop()
        settings = {"REDIS_URL": address, "AGENT_MEMORY_HEALTH_LISTEN": health}
        async with started(SLOW_SERVICE="asks the store", **settings) as process:
            waiting = await process.logged("server.awaits_store")
            assert (waiting["address"], waiting["setting"]) == (address, "REDIS_URL")
            serving = health_pb2.HealthCheckResponse
            assert await _health(health) == {
                "liveness": serving.SERVING,
                "": serving.NOT_SERVING,
            }
            await store.start()
            await process.logged("server.ready")
            assert await _health(health) == {"liveness": serving.SERVING, "": serving.SERVING}
            process.send(signal.SIGTERM)
            assert await process.exit_code() == 0


async def test_a_signal_ends_a_process_that_waits_for_its_store() -> None:
    """It has nothing to drain."""
    async with started(SLOW_SERVICE="asks the store", REDIS_URL="redis://127.0.0.1:1") as process:
        await process.logged("server.awaits_store")
        process.send(signal.SIGTERM)
        assert await process.exit_code() == 0


async def test_what_no_waiting_mends_ends_it_with_one_line(redis: Redis) -> None:
    """The line names the setting and the address, and no password."""
    host, port = (redis.connection_pool.connection_kwargs[key] for key in ("host", "port"))
    taken = f"{host}:{port}"
    for changes, complaints in (
        (
            {"AGENT_MEMORY_REDIS_URL": "http://:hidden@store:6379"},
            ["AGENT_MEMORY_REDIS_URL is no address of a store"],
        ),
        ({"REDIS_URL": "redis://:hid/den@store"}, ["REDIS_URL is no address of a store"]),
        (
            {"REDIS_URL": f"redis://somebody:hidden@{taken}"},
            [f"REDIS_URL leads to redis://***@{taken}", "invalid username-password pair"],
        ),
        ({"AGENT_MEMORY_LISTEN": taken}, [f"cannot listen on {taken}"]),
        ({"AGENT_MEMORY_METRICS_LISTEN": taken}, [f"cannot listen on {taken}"]),
    ):
        async with started(
            SLOW_SERVICE="asks the store", **{"REDIS_URL": f"redis://{taken}"} | changes
        ) as process:
            assert await process.exit_code() == 1
            (line,) = (one for one in process.lines if one["level"] == "critical")
            assert line["event"] == "server.not_started"
            for complaint in complaints:
                assert complaint in line["error"]
            assert "hid" not in process.text
            assert "Traceback" not in process.text


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"AGENT_MEMORY_LISEN": "127.0.0.1:0"}, "did you mean AGENT_MEMORY_LISTEN?"),
        ({"AGENT_MEMORY_LISTEN": "0.0.0.0:0"}, "loopback"),
        ({"AGENT_MEMORY_DRAIN_SECONDS": "soon"}, "AGENT_MEMORY_DRAIN_SECONDS: "),
    ],
)
def test_wrong_settings_end_it_with_one_clear_sentence(
    changes: dict[str, str], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who reads it set the variable."""
    for name, value in (DEFAULTS | changes).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        server.run(ProcessSettings, lifespan_of(Told()))
    assert complaint in str(ended.value.code)


async def test_the_sentence_is_all_that_is_printed() -> None:
    """No traceback, and an exit that tells of a failure."""
    async with started(AGENT_MEMORY_DRAIN_SECONDS="soon") as process:
        assert await process.exit_code() == 1
        assert "AGENT_MEMORY_DRAIN_SECONDS: " in process.text
        assert "Traceback" not in process.text
