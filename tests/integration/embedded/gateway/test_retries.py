"""What the gateway tries again when a service is gone in the middle of a call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import grpc
import psutil

from agent_memory_services.embedded.gateway.backends import envoy_address
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.runtime.addresses import Address
from tests.integration.embedded.gateway.asking import ask
from tests.support.waiting import eventually

# One that the other end has closed is in use until it is looked at.
_OPEN = (psutil.CONN_ESTABLISHED, psutil.CONN_CLOSE_WAIT)


class Wire:
    """Connections to a service, which can all be cut at once; later ones are passed on again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[Address]:
        """Where it begins, until the block is left."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield Address(*server.sockets[0].getsockname())
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Break every connection, as a killed process does."""
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _connected(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, forth = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends |= {back, forth}
        await asyncio.gather(_pass(here, forth), _pass(there, back), return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def test_only_a_call_that_may_be_repeated_is(
    echo, echo_descriptors: bytes, tmp_path: Path
) -> None:
    """A read whose answer was lost is asked again and answered; a write is left to its caller."""
    listen, wire = Address("127.0.0.1", free_port()), Wire(echo.port)
    async with wire.laid() as begin:
        config = bootstrap(
            echo_descriptors, listen=listen, backends={"echo": begin}, hosts=LOOPBACK_HOSTS
        )
        async with (
            EmbeddedGateway(tmp_path, listen, config),
            grpc.aio.insecure_channel(f"localhost:{listen.port}") as channel,
        ):
            read, write = (
                echo.stub(channel, method)(echo.request(text=method, pause={"seconds": 5}))
                for method in ("GetEcho", "Echo")
            )
            await eventually(lambda: len(echo.begun) == 2, within=30)
            wire.cut()
            answer, end = await asyncio.gather(read, write, return_exceptions=True)
    assert answer.text == "GetEcho"
    assert end.code() is grpc.StatusCode.UNAVAILABLE
    assert sorted(echo.begun) == ["Echo", "GetEcho", "GetEcho"]


async def test_no_call_fails_because_a_replica_is_gone(
    echo, echo_descriptors: bytes, tmp_path: Path
) -> None:
    """What never began is done by another one at once, from the first call on, writes too."""
    listen, staying, leaving = Address("127.0.0.1", free_port()), Wire(echo.port), Wire(echo.port)
    async with staying.laid() as stays, AsyncExitStack() as stack:
        leaves = await stack.enter_async_context(leaving.laid())
        config = bootstrap(
            echo_descriptors, listen=listen, backends={"echo": stays}, hosts=LOOPBACK_HOSTS
        )
        (cluster,) = config["static_resources"]["clusters"]
        cluster["load_assignment"]["endpoints"][0]["lb_endpoints"] = [
            {"endpoint": {"address": envoy_address(address)}} for address in (stays, leaves)
        ]
        async with EmbeddedGateway(tmp_path, listen, config) as gateway:
            # Both have had calls of every thread of the gateway.
            await _echoed(gateway, 20)
            await stack.aclose()
            # Until then a call may be on its way into a connection that is no more.
            await eventually(lambda: leaves.port not in _connected_to(gateway), within=30)
            await _echoed(gateway, 60)
            assert len(echo.begun) == 80


def _connected_to(gateway: EmbeddedGateway) -> set[int]:
    """Ports to which connections of the gateway lead."""
    connections = psutil.Process(gateway.child.pid).net_connections("tcp")
    return {to.raddr.port for to in connections if to.status in _OPEN}


async def _echoed(gateway: EmbeddedGateway, times: int) -> None:
    """Everybody of so many callers of a write is answered."""
    calls = (ask(gateway, "POST", "/v1/echo", {"text": "hi"}) for _ in range(times))
    assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
