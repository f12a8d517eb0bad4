"""Callers of a name, when all that it stood for has ended and others took over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_client import MemoryAPIClient, MemoryUnavailableError
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.client.channels import acting_for, open_channel
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.name_server import NameServer, naming
from tests.support.settings import configured

HOSTS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
# Far below the half minute.
_PATIENCE_SECONDS = 10.0
READ = pb.GetWorkingMemoryRequest(session_id="s")


@asynccontextmanager
async def replica(host: str, port: int) -> AsyncIterator[None]:
    """Working memory on one of the addresses."""
    settings = configured(
        ProcessSettings,
        listen=f"{host}:{port}",
        auth="off",
        metrics_listen="",
        lame_duck_seconds=0,
        drain_seconds=0,
    )
    async with server.start(settings, lifespan_of(Told())):
        yield


async def move(names: NameServer, port: int, call: Callable[[], Awaitable[Any]]) -> None:
    """Call one replica after the other, each at an address of its own, soon after each other."""
    for host in HOSTS:
        names.addresses = [host]
        async with replica(host, port):
            await call()


async def test_a_service_finds_them_within_a_call() -> None:
    """The library would ask for the addresses again after half a minute, and fail until then."""
    port = free_port(HOSTS[0])
    async with (
        naming(HOSTS[:1]) as names,
        open_channel(names.target(port), wait_for_ready=True) as channel,
    ):
        stub = WorkingMemoryServiceStub(channel)
        with acting_for("acme"):
            await move(names, port, lambda: stub.GetWorkingMemory(READ))


async def test_a_client_finds_them_too() -> None:
    """It is told at once that nobody answers; who calls again meets the others."""
    port = free_port(HOSTS[0])
    async with naming(HOSTS[:1]) as names, MemoryAPIClient(names.target(port)) as memory:

        async def call() -> None:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while True:
                    with suppress(MemoryUnavailableError):
                        await memory.get_working_memory("s")
                        return

        await move(names, port, call)
