"""One address speaks gRPC, gRPC-Web and JSON in front of a real service."""

import asyncio
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status

from agent_memory_services.embedded.errors import ChildFailedError, PortTakenError
from agent_memory_services.embedded.gateway.bootstrap import bootstrap
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address
from tests.integration.embedded.gateway.asking import ask
from tests.integration.embedded.gateway.conftest import Echo

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "agent_memory.echo.v1.EchoService"


def channel(gateway: EmbeddedGateway) -> grpc.aio.Channel:
    """A gRPC channel to the gateway."""
    return grpc.aio.insecure_channel(f"localhost:{gateway.listen.port}")


async def test_grpc_passes_through(echo: Echo, gateway: EmbeddedGateway) -> None:
    """A unary gRPC call arrives with its metadata and the caller's deadline."""
    async with channel(gateway) as grpc_channel:
        call = echo.stub(grpc_channel, "Echo")
        answer = await call(echo.request(text="hi"), timeout=300, metadata=[("x-mine", "yes")])
    assert answer.text == "hi"
    assert answer.metadata["x-mine"] == "yes"
    # About the same, for gRPC rounds a deadline up on its way, and a slow machine takes of it.
    assert 200_000 < answer.deadline_millis < 400_000


async def test_grpc_stream_passes_through(echo: Echo, gateway: EmbeddedGateway) -> None:
    """A server stream yields each message, and is open as long as the caller stays."""
    async with channel(gateway) as grpc_channel:
        call = echo.stub(grpc_channel, "WatchEcho", stream=True)(echo.request(text="hi"))
        assert (await call.read()).text == "hi"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(call.read()), 0.2)
        call.cancel()


async def test_grpc_error_details_pass_through(echo: Echo, gateway: EmbeddedGateway) -> None:
    """The details of a service's error reach the caller."""
    async with channel(gateway) as grpc_channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.stub(grpc_channel, "Fail")(echo.request(text="BECAUSE"))
    assert _error_info(caught.value).reason == "BECAUSE"


async def test_grpc_service_of_nobody_is_unimplemented(gateway: EmbeddedGateway) -> None:
    """Only our services are reachable; health and reflection of a backend are not."""
    async with channel(gateway) as grpc_channel:
        call: Callable[..., Any] = grpc_channel.unary_unary("/grpc.health.v1.Health/Check")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert _error_info(caught.value).reason == "UNIMPLEMENTED"


async def test_dead_backend_is_unavailable(own_echo: Echo, own_gateway: EmbeddedGateway) -> None:
    """Without its service the gateway says UNAVAILABLE and when to come back, in both protocols."""
    await own_echo.server.stop(0)
    async with channel(own_gateway) as grpc_channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await own_echo.stub(grpc_channel, "Echo")(own_echo.request(text="hi"))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert _error_info(caught.value).reason == "DEPENDENCY_UNAVAILABLE"
    answer = await ask(own_gateway, "POST", "/v1/echo", {"text": "hi"})
    assert (answer.status, answer.reason) == (503, "DEPENDENCY_UNAVAILABLE")
    assert answer.json["details"][1]["retryDelay"] == "1s"


async def test_a_call_that_hangs_is_ended(echo: Echo, gateway: EmbeddedGateway) -> None:
    """As JSON after the deadline of its method, by gRPC after that of its caller alone."""
    answer = await ask(gateway, "PATCH", "/v1/echo/hi?pause=60s", {"word": "x"})
    assert (answer.status, answer.reason) == (504, "DEADLINE_EXCEEDED")
    async with channel(gateway) as grpc_channel:
        call = echo.stub(grpc_channel, "EchoPart")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(echo.request(text="hi", pause={"seconds": 60}), timeout=0.5)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        asked = echo.request(text="hi", pause={"nanos": 500_000_000})
        assert (await call(asked, timeout=120)).text == "hi"


async def test_it_is_alive_whatever_the_backends_are(
    own_echo: Echo, own_gateway: EmbeddedGateway
) -> None:
    """Liveness is the gateway's own; restarting it would bring no service back."""
    await own_echo.server.stop(0)
    assert (await ask(own_gateway, "GET", "/livez")).status == 200


async def test_each_request_is_logged_in_one_line(own_gateway: EmbeddedGateway) -> None:
    """The line has the method and its outcome, and nothing of the path or the query."""
    await ask(own_gateway, "GET", "/v1/echo/alice?repeat_count=2", x_request_id="the-request")
    await ask(own_gateway, "GET", "/nowhere/alice")
    # It writes its lines every ten seconds, and when it ends.
    await own_gateway.stop()
    served, refused = logged(own_gateway)
    assert served["method"] == f"/{SERVICE}/GetEcho"
    assert (served["http_status"], served["grpc_status"]) == (200, "OK")
    assert (served["service"], served["request_id"]) == ("echo", "the-request")
    assert (refused["method"], refused["http_status"]) == ("elsewhere", 404)


def logged(gateway: EmbeddedGateway) -> list[Any]:
    """The lines of its access log so far."""
    lines = gateway.child.log.read_text().splitlines()
    return [json.loads(line) for line in lines if "gateway.request" in line]


async def test_json_by_body(gateway: EmbeddedGateway) -> None:
    """A JSON body becomes the request; names are the proto's, fields without a value are shown."""
    answer = await ask(gateway, "POST", "/v1/echo", {"text": "hi", "repeatCount": 2})
    assert answer.status == 200
    assert answer.json["text"] == "hihi"
    assert answer.json["never_set"] == ""


async def test_json_by_path_and_query(gateway: EmbeddedGateway) -> None:
    """A path segment holds any id, decoded in full; query parameters fill other fields."""
    answer = await ask(gateway, "GET", "/v1/echo/a%2Fb%20%C3%A9%3Ac%25?repeat_count=2")
    assert answer.json["text"] == "a/b é:c%" * 2


async def test_json_stream_is_a_line_each(gateway: EmbeddedGateway) -> None:
    """A server stream is newline-delimited JSON."""
    answer = await ask(gateway, "GET", "/v1/echo:watch?text=a+b&repeat_count=2")
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert [line["text"] for line in lines] == ["a ba b"] * 2


async def test_json_error_of_the_service(gateway: EmbeddedGateway) -> None:
    """A service's error is a google.rpc.Status with rendered details."""
    answer = await ask(gateway, "POST", "/v1/echo:fail", {"text": "BECAUSE"})
    assert answer.status == 400
    assert answer.json["message"] == "as you wish"
    assert answer.reason == "BECAUSE"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("GET", "/v1/echo/a?bogus=1", None, 400, "INVALID_FIELD"),
        ("GET", "/v1/echo/a?repeat_count=x", None, 400, "INVALID_FIELD"),
        ("POST", "/v1/echo", b"text=hi", 400, "INVALID_FIELD"),
        ("POST", "/v1/echo", b'{"text": {}}', 400, "INVALID_FIELD"),
        ("DELETE", "/v1/echo", None, 404, "UNIMPLEMENTED"),
        ("GET", "/nowhere", None, 404, "UNIMPLEMENTED"),
    ],
)
async def test_json_error_of_the_gateway(
    *,
    gateway: EmbeddedGateway,
    method: str,
    path: str,
    body: bytes | None,
    status: int,
    reason: str,
) -> None:
    """What the gateway refuses by itself has the same shape, with a reason of the catalogue."""
    answer = await ask(gateway, method, path, body)
    assert (answer.status, answer.reason) == (status, reason)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["message"]


async def test_too_large_json_is_refused_unread(gateway: EmbeddedGateway) -> None:
    """A body over the limit is refused by its announced length, before it is sent."""
    answer = await ask(gateway, "POST", "/v1/echo", content_length="9000000")
    assert (answer.status, answer.reason) == (413, "MESSAGE_TOO_LARGE")


async def test_large_json_is_transcoded(gateway: EmbeddedGateway) -> None:
    """Requests and answers of several megabytes pass."""
    answer = await ask(gateway, "POST", "/v1/echo", {"text": "x" * 3_000_000, "repeat_count": 2})
    assert len(answer.json["text"]) == 6_000_000


async def test_grpc_web(echo: Echo, gateway: EmbeddedGateway) -> None:
    """A browser's gRPC-Web frame is answered with a message frame and a trailer frame."""
    request = echo.request(text="hi").SerializeToString()
    frame = b"\0" + len(request).to_bytes(4, "big") + request
    path = f"/{SERVICE}/Echo"
    answer = await ask(gateway, "POST", path, frame, content_type="application/grpc-web+proto")
    length = int.from_bytes(answer.body[1:5], "big")
    assert echo.response.FromString(answer.body[5 : 5 + length]).text == "hi"
    assert b"grpc-status:0" in answer.body[5 + length :]


async def test_pages_of_this_machine_may_call(gateway: EmbeddedGateway) -> None:
    """A preflight and a call from a loopback origin are allowed, and the answer is readable."""
    origin = "http://localhost:3000"
    preflight = await ask(
        gateway, "OPTIONS", "/v1/echo", origin=origin, access_control_request_method="POST"
    )
    call = await ask(gateway, "POST", "/v1/echo", {"text": "hi"}, origin=origin)
    for answer in (preflight, call):
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == origin


async def test_other_pages_may_not(gateway: EmbeddedGateway) -> None:
    """A page from elsewhere is refused before anything happens, even without a preflight."""
    answer = await ask(gateway, "POST", "/v1/echo", {"text": "hi"}, origin="http://example.com")
    assert (answer.status, answer.reason) == (403, "ACCESS_DENIED")


async def test_other_host_names_are_refused(gateway: EmbeddedGateway) -> None:
    """A name that an attacker points at this machine is not answered."""
    answer = await ask(gateway, "GET", "/v1/echo/a", host="example.com")
    assert (answer.status, answer.reason) == (404, "UNIMPLEMENTED")


async def test_healthz_follows_the_backends(own_echo: Echo, own_gateway: EmbeddedGateway) -> None:
    """The health path is 200 while every backend is healthy and 503 soon after one is not."""
    assert (await ask(own_gateway, "GET", "/healthz")).status == 200
    await own_echo.health.set(SERVICE, health_pb2.HealthCheckResponse.NOT_SERVING)

    async def noticed() -> bool:
        return (await ask(own_gateway, "GET", "/healthz")).status == 503

    await own_gateway.child.ready(noticed, within=120)


async def test_log_is_silent_about_paths(gateway: EmbeddedGateway) -> None:
    """Nothing of a request, which may name a user, is logged."""
    await ask(gateway, "GET", "/v1/echo/alice?bogus=1")
    await ask(gateway, "POST", "/v1/echo?of=alice", content_length="9000000")
    assert "alice" not in gateway.child.log.read_text()


async def test_taken_port_is_refused(echo_descriptors: bytes, tmp_path: Path) -> None:
    """A port somebody listens on is an error that names it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = Address(*listener.getsockname())
        config = bootstrap(echo_descriptors, listen=listen, backends={"echo": listen})
        with pytest.raises(PortTakenError, match=str(listen.port)):
            await EmbeddedGateway(tmp_path, listen, config).start()


async def test_refused_configuration_is_reported(tmp_path: Path) -> None:
    """An invalid configuration ends Envoy, and the error shows what it said."""
    gateway = EmbeddedGateway(tmp_path, Address("127.0.0.1", free_port()), {"nonsense": True})
    with pytest.raises(ChildFailedError, match=re.compile("nonsense")):
        await gateway.start()


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo:
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    return info
