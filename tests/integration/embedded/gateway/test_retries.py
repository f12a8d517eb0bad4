"""What the gateway tries again when a service is gone in the middle of a call."""

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from agent_memory_services.embedded.gateway.backends import envoy_address
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address
from tests.integration.embedded.gateway.asking import Answer, ask
from tests.integration.embedded.gateway.conftest import Echo
from tests.support.waiting import eventually
from tests.support.wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_only_a_call_that_may_be_repeated_is(
    own_echo: Echo, echo_descriptors: bytes, tmp_path: Path
) -> None:
    """A read whose answer was lost is asked again and answered; a write is left to its caller."""
    listen, wire = Address("127.0.0.1", free_port()), Wire(own_echo.port)
    async with wire.laid() as begin:
        config = bootstrap(
            echo_descriptors, listen=listen, backends={"echo": begin}, hosts=LOOPBACK_HOSTS
        )
        async with (
            EmbeddedGateway(tmp_path, listen, config),
            grpc.aio.insecure_channel(f"localhost:{listen.port}") as channel,
        ):
            calls: list[Any] = [
                own_echo.stub(channel, method)(own_echo.request(text=method, pause={"seconds": 2}))
                for method in ("GetEcho", "Echo")
            ]
            await eventually(lambda: len(own_echo.begun) == 2, within=120)
            wire.cut()
            answer, end = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answer, own_echo.response)
    assert isinstance(end, grpc.aio.AioRpcError)
    assert answer.text == "GetEcho"
    assert end.code() is grpc.StatusCode.UNAVAILABLE
    assert sorted(own_echo.begun) == ["Echo", "GetEcho", "GetEcho"]


async def test_no_call_fails_because_a_replica_is_gone(
    own_echo: Echo, echo_descriptors: bytes, tmp_path: Path
) -> None:
    """What never began is done by another one at once, from the first call on, writes too."""
    listen, staying, leaving = (
        Address("127.0.0.1", free_port()),
        Wire(own_echo.port),
        Wire(own_echo.port),
    )
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
            # Those that are on their way into a connection that is no more are repeated.
            await _all_answered(ask(gateway, "GET", "/v1/echo/read") for _ in range(20))
            await _echoed(gateway, 60)
            assert own_echo.begun.count("hi") == 80


async def _echoed(gateway: EmbeddedGateway, times: int) -> None:
    """Everybody of so many callers of a write is answered."""
    await _all_answered(ask(gateway, "POST", "/v1/echo", {"text": "hi"}) for _ in range(times))


async def _all_answered(calls: Iterable[Awaitable[Answer]]) -> None:
    assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
