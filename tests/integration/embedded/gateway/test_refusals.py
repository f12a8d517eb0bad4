"""What the gateway refuses by itself, in words, and what it does not wait for."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
import pytest_asyncio
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address
from tests.integration.embedded.gateway.asking import ask
from tests.integration.embedded.gateway.conftest import Echo
from tests.support.listening import connected_to

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
        (b"GET /livez HTTP/1.1\nHost: x\n\n", 400, "INVALID_FIELD"),
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


_LINES = b'{\n\n"text":\n"hi"\n}\n'
_EXCHANGE = (
    b"\r\n" + _POST + b"Content-Length: %d\r\n\r\n" % len(_LINES),
    _LINES,
    _POST + b"Transfer-Encoding: Chunked\r\n\r\n",
    b"5\r\n" + _LINES[:5] + b"\r\nD;a=b\r\n" + _LINES[5:] + b"\r\n",
    b"0\r\nx-check: none\r\n\r\n",
    _GET + b"\r\n",
)
"""Three requests on one connection: their heads, bodies, chunks and trailers."""


async def _answers(gateway: EmbeddedGateway, *sent: bytes, pause: float = 0) -> list[int]:
    """The statuses of the answers to requests, until one of them is refused.

    A pause between parts, in seconds, lets them arrive one by one.
    """
    reader, writer = await asyncio.open_connection(*gateway.listen)
    statuses: list[int] = []
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            for part in sent:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            while len(statuses) < 3 and (not statuses or statuses[-1] == 200):
                statuses.append((await _answer(reader))[0])
    finally:
        writer.transport.abort()
    return statuses


async def test_requests_are_understood_however_they_are_cut(gateway: EmbeddedGateway) -> None:
    """Bodies hold ends of lines that are none, and arrive in parts of any size."""
    whole = b"".join(_EXCHANGE)
    assert len(_LINES) == 5 + 13
    for size in (1, 2, 3, 7, len(whole)):
        parts = [whole[at : at + size] for at in range(0, len(whole), size)]
        assert await _answers(gateway, *parts) == [200, 200, 200], size


async def test_requests_that_come_before_an_answer_are_followed(
    gateway: EmbeddedGateway,
) -> None:
    """Alone or together, whole or in part, and one that says the same as the one before."""
    get, slow = _GET + b"\r\n", _POST + b"Content-Length: 35\r\n\r\n"
    body = b'{"text":"hi","pause":"0.2s"}\n\n\n    '
    assert len(body) == 35
    for first, second in ((get, get), (slow + body, slow + body), (slow + body, get)):
        for at in range(0, len(second), 20):
            before, rest = (first, second[:at]), second[at:]
            assert await _answers(gateway, *before, rest, get, pause=0.02) == [200, 200, 200]
            bare = get.replace(b"\r\n", b"\n", 1)
            assert await _answers(gateway, *before, rest + bare, pause=0.02) == [200, 200, 400]


async def test_no_line_may_end_with_a_line_feed_alone(gateway: EmbeddedGateway) -> None:
    """In the head of any request on a connection, at any chunk and in any trailer."""
    cases = [
        (place, at)
        for place, part in enumerate(_EXCHANGE)
        for at in range(len(part))
        if part[at : at + 2] == b"\r\n" and part is not _LINES
    ]

    async def with_bare(place: int, at: int) -> list[int]:
        part = _EXCHANGE[place]
        return await _answers(
            gateway, *_EXCHANGE[:place], part[:at] + part[at + 1 :], *_EXCHANGE[place + 1 :]
        )

    for place, at in cases:
        statuses = await with_bare(place, at)
        before = [200] * (0 if place < 2 else 1 if place < 5 else 2)
        assert statuses == [*before, 400], _EXCHANGE[place][:at]
    assert len(cases) > 15


async def test_a_large_head_over_http2_is_answered(gateway: EmbeddedGateway, echo: Echo) -> None:
    """By itself Envoy would end the connection, and every call that runs on it."""
    async with grpc.aio.insecure_channel(
        str(gateway.listen), options=[("grpc.max_metadata_size", 1 << 20)]
    ) as channel:
        stub = echo.stub(channel, "Echo")
        running = asyncio.ensure_future(stub(echo.request(text="a", pause={"seconds": 1})))
        for metadata in (
            [(f"x-{n}", "a" * 20_000) for n in range(5)],
            [(f"x-{n}", "a") for n in range(500)],
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await stub(echo.request(text="b"), metadata=metadata)
            status = rpc_status.from_call(cast("Any", refusal.value))
            assert status is not None
            assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            (info,) = (detail for detail in status.details if detail.Is(ErrorInfo.DESCRIPTOR))
            found = ErrorInfo()
            info.Unpack(found)
            assert found.reason == "MESSAGE_TOO_LARGE"
        assert (await running).text == "a"


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
    async with connected_to(*gateway.listen) as (_, writer), asyncio.timeout(_PATIENCE_SECONDS):
        with pytest.raises(ConnectionError):
            await _send_for_ever(writer)
    assert (await ask(gateway, "POST", "/v1/echo", {"text": "hi"})).status == 200


async def _send_for_ever(writer: asyncio.StreamWriter) -> None:
    writer.write(_CHUNKED)
    while True:
        writer.write(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")
        await writer.drain()


@pytest_asyncio.fixture(loop_scope="module")
async def narrow(
    echo: Echo, echo_descriptors: bytes, tmp_path: Path
) -> AsyncIterator[EmbeddedGateway]:
    """A gateway with little memory, which waits for longer than a test for a body to go on."""
    listen = Address("127.0.0.1", free_port())
    backends = {"echo": Address("127.0.0.1", echo.port)}
    config = bootstrap(echo_descriptors, listen=listen, backends=backends, hosts=LOOPBACK_HOSTS)
    text = json.dumps(config).replace(f"{448 << 20}", f"{128 << 20}").replace('"10s"', '"40s"')
    async with EmbeddedGateway(tmp_path, listen, json.loads(text)) as running:
        yield running


async def test_unfinished_bodies_keep_others_out_for_a_moment_only(narrow: EmbeddedGateway) -> None:
    """Where they fill the memory, the patience with them ends, and a request is told to wait."""

    async def half() -> int:
        reader, writer = await asyncio.open_connection(*narrow.listen)
        try:
            writer.write(_POST + b"content-length: 8000000\r\n\r\n" + b" " * 7_000_000)
            return (await _answer(reader))[0]
        finally:
            writer.transport.abort()

    unfinished = [asyncio.ensure_future(half()) for _ in range(40)]
    async with asyncio.timeout(_PATIENCE_SECONDS):
        done, _ = await asyncio.wait(unfinished, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result() for task in done} <= {408, 429}
        while (answer := await ask(narrow, "POST", "/v1/echo", {"text": "hi"})).status != 200:
            assert (answer.status, answer.reason) == (429, "OVERLOADED")
    for task in unfinished:
        task.cancel()
    await asyncio.wait(unfinished)


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
    connections = listener["filter_chains"][0]["filters"][-1]["typed_config"]
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
