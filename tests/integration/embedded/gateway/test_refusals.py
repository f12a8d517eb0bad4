"""What the gateway refuses by itself, in words, and what it does not wait for."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address
from tests.integration.embedded.gateway.asking import ask
from tests.integration.embedded.gateway.conftest import Echo

pytestmark = pytest.mark.asyncio(loop_scope="module")

_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_HOST = b"Host: localhost\r\n"
_GET = b"GET /v1/echo/a HTTP/1.1\r\n" + _HOST
_POST = b"POST /v1/echo HTTP/1.1\r\n" + _HOST
_CHUNKED = _POST + b"transfer-encoding: chunked\r\n\r\n"
_TOO_MUCH = 9 << 20
_PATIENCE_SECONDS = 30.0


async def answer_to(gateway: EmbeddedGateway, sent: bytes) -> tuple[int, Any]:
    """Status and body of the answer to a client that reads once it has sent everything."""
    reader, writer = await asyncio.open_connection(*gateway.listen)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            # A small buffer, so that nothing is sent before it is read.
            writer.transport.set_write_buffer_limits(high=0)
            writer.write(sent)
            await writer.drain()
            return await _answer(reader)
    finally:
        writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split()[1]), json.loads(await reader.readexactly(length))


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"NONSENSE\r\n\r\n", 400, "INVALID_FIELD"),
        (b"GET /v1/echo/a HTTP/1.1\r\n\r\n", 400, "INVALID_FIELD"),
        (b"GET /v1/echo/a#b HTTP/1.1\r\n" + _HOST + b"\r\n", 400, "INVALID_FIELD"),
        (b"GET /v1/echo/a HTTP/1.0\r\n" + _HOST + b"\r\n", 426, "INVALID_FIELD"),
        (_GET + b"connection: upgrade\r\nupgrade: websocket\r\n\r\n", 400, "INVALID_FIELD"),
        (b"CONNECT localhost:80 HTTP/1.1\r\n" + _HOST + b"\r\n", 404, "UNIMPLEMENTED"),
        (b"OPTIONS * HTTP/1.1\r\n" + _HOST + b"\r\n", 404, "UNIMPLEMENTED"),
        (_GET + b"x-null: a\0b\r\n\r\n", 400, "INVALID_FIELD"),
        (_POST + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}", 400, "INVALID_FIELD"),
        (_POST + b"transfer-encoding: gzip, chunked\r\n\r\n", 501, "INVALID_FIELD"),
        (_CHUNKED + b"2\n{}\r\n0\r\n\r\n", 400, "INVALID_FIELD"),
        (_CHUNKED + b"x\r\n", 400, "INVALID_FIELD"),
        (_GET.replace(b"/a", b"/" + b"a" * 100_000) + b"\r\n", 431, "MESSAGE_TOO_LARGE"),
        (_GET + b"x-long: " + b"a" * 100_000 + b"\r\n\r\n", 431, "MESSAGE_TOO_LARGE"),
        (
            _GET + b"".join(b"x-%d: a\r\n" % n for n in range(200)) + b"\r\n",
            431,
            "MESSAGE_TOO_LARGE",
        ),
    ],
)
async def test_every_refusal_has_a_reason(
    gateway: EmbeddedGateway, sent: bytes, status: int, reason: str
) -> None:
    """Whatever is wrong with a request, the answer is a status with exactly one ErrorInfo."""
    answered, body = await answer_to(gateway, sent)
    kinds = Counter(detail["@type"] for detail in body["details"])
    assert (answered, kinds[_ERROR_INFO]) == (status, 1)
    assert body["details"][0]["reason"] == reason
    assert body["message"]


def _announced() -> bytes:
    return _POST + b"content-length: %d\r\n\r\n" % _TOO_MUCH + b" " * _TOO_MUCH


def _in_chunks() -> bytes:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    return _CHUNKED + chunk * (_TOO_MUCH >> 16) + b"0\r\n\r\n"


@pytest.mark.parametrize("sent", [_announced(), _in_chunks()], ids=["announced", "in chunks"])
async def test_the_refusal_of_a_large_body_is_read(gateway: EmbeddedGateway, sent: bytes) -> None:
    """By a client that first sends all of it, too."""
    status, body = await answer_to(gateway, sent)
    assert (status, body["details"][0]["reason"]) == (413, "MESSAGE_TOO_LARGE")
    assert body["details"][0]["metadata"]["max_bytes"] == str(8 << 20)


async def test_no_body_is_read_for_ever(gateway: EmbeddedGateway) -> None:
    """One that is many times too large is cut off, and the gateway goes on."""
    _, writer = await asyncio.open_connection(*gateway.listen)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        with pytest.raises(ConnectionError):
            await _send_for_ever(writer)
    assert (await ask(gateway, "POST", "/v1/echo", {"text": "hi"})).status == 200


async def _send_for_ever(writer: asyncio.StreamWriter) -> None:
    writer.write(_CHUNKED)
    while True:
        writer.write(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")
        await writer.drain()


async def test_a_long_query_is_understood(gateway: EmbeddedGateway) -> None:
    """The path stays at the gateway: a service takes less metadata than a query may have."""
    text = "".join(f"{number:x}" for number in range(12_000))
    answer = await ask(gateway, "GET", f"/v1/echo:watch?repeat_count=1&text={text}")
    assert (answer.status, answer.json["text"]) == (200, text)
    assert answer.json["metadata"]["x-envoy-original-path"] == "json"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty(
    echo: Echo, echo_descriptors: bytes, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EmbeddedGateway]:
    """A gateway that waits for a second where others wait for up to five minutes."""
    listen = Address("127.0.0.1", free_port())
    backends = {"echo": Address("127.0.0.1", echo.port)}
    config = bootstrap(echo_descriptors, listen=listen, backends=backends, hosts=LOOPBACK_HOSTS)
    (listener,) = config["static_resources"]["listeners"]
    connections = listener["filter_chains"][0]["filters"][0]["typed_config"]
    connections["drain_timeout"] = "0.1s"
    text = json.dumps(config)
    for long in ("10s", "60s", "300s"):
        text = text.replace(f'"{long}"', '"1s"')
    folder = tmp_path_factory.mktemp("hasty")
    async with EmbeddedGateway(folder, listen, json.loads(text)) as running:
        yield running


# How a client begins, and what it goes on with.
_SLOW_CLIENTS = [
    (b"", b""),
    (_GET, b"x: a\r\n"),
    (_GET + b"content-length: 99999\r\n\r\n", b" "),
    (_POST + b"content-length: 99999\r\n\r\n", b""),
    (_POST + b"content-length: 99999\r\n\r\n", b" "),
    (_POST + b"content-length: 9999999\r\n\r\n", b" "),
    (_CHUNKED, b"1\r\n \r\n"),
    (b"POST /nowhere HTTP/1.1\r\ncontent-length: 99999\r\n" + _HOST + b"\r\n", b" "),
    (b"GET /livez HTTP/1.1\r\ncontent-length: 99999\r\n" + _HOST + b"\r\n", b" "),
    (b"GET /livez HTTP/1.1\r\n" + _HOST + b"\r\n", b""),
]


async def test_nobody_is_waited_for_for_ever(hasty: EmbeddedGateway) -> None:
    """Clients that say nothing, stop or trickle are answered or cut off in time."""
    async with asyncio.TaskGroup() as clients:
        for begin, trickle in _SLOW_CLIENTS:
            clients.create_task(_cut_off(hasty, begin, trickle))


async def _cut_off(gateway: EmbeddedGateway, begin: bytes, trickle: bytes) -> None:
    reader, writer = await asyncio.open_connection(*gateway.listen)
    writer.write(begin)

    async def go_on() -> None:
        while True:
            writer.write(trickle)
            await asyncio.sleep(0.05)

    going_on = asyncio.create_task(go_on())
    async with asyncio.timeout(_PATIENCE_SECONDS):
        try:
            received = await reader.read()
        except ConnectionResetError:
            received = b""
    going_on.cancel()
    writer.transport.abort()
    assert b"HTTP/1.1" not in received or received.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200")), (
        begin
    )
    if received.startswith(b"HTTP/1.1 4"):
        assert received.count(_ERROR_INFO.encode()) == 1
