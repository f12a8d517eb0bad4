"""Bytes at the gateway: requests that are no HTTP, or HTTP that says what no client says."""

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from agent_memory_services.kit.contract.transport import Address

_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}")
_JSON = b'{"query":{"text":"food"},"page_size":3}'
_PATHS = (
    *(b"/v1/sessions", b"/v1/sessions?page_size=1", b"/v1/working-memory/one", b"/v1/jobs/x"),
    *(b"/", b"//", b"/v1", b"/v1/", b"/openapi.json", b"/healthz", b"/livez", b"/v1/memories/%00"),
    *(b"/v1/memories/%ff", b"/v1/memories/..%2f..", b"/v1/../v1/sessions", b"/v1/memories/%zz"),
    *(b"/v1/sessions?page_size=abc", b"/v1/sessions?nothing=1", b"/v1/sessions?page_size=1&" * 3),
    *(b"/v1/sessions?page_token=" + b"a" * 20_000, b"/v1/memories/" + b"a" * 5000, b"*", b"x"),
    *(b"/v1/sessions#x", b"http://localhost/v1/sessions", b"/v1/memories/\xff", b"/v1/jobs/a b"),
    *(b"/v1/working-memory/%2f%2e%2e:append", b"/v1/memories:search", b"/v1/memories:SEARCH"),
    *(
        b"/agent_memory.long_term_memory.v1.LongTermMemoryService/GetMemory",
        b"/agent_memory.long_term_memory.v1.LongTermMemoryService/Nothing",
        b"/grpc.health.v1.Health/Check",
        b"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ),
)
_VERBS = (
    *(b"GET", b"GET", b"POST", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE"),
    *(b"CONNECT", b"get", b"BREW", b"A" * 3000, b"G\x00T", b"PRI"),
)
_HEADERS = (
    *(b"content-type: application/json", b"content-type: application/grpc", b"content-type: x"),
    *(b"content-type: application/grpc-web+proto", b"content-type: application/grpc-web-text"),
    *(b"x-agent-memory-tenant: \xff", b"x-agent-memory-tenant: " + b"t" * 3000, b"te: trailers"),
    *(b"grpc-timeout: 1n", b"grpc-timeout: 99999999H", b"grpc-timeout: -1S", b"grpc-timeout: x"),
    *(b"authorization: Bearer am_x", b"authorization: \x80", b"x-request-id: " + b"r" * 4000),
    *(b"traceparent: 00-0-0-0", b"accept-encoding: gzip, br;q=0", b"expect: 100-continue"),
    *(b"expect: x", b"connection: upgrade\r\nupgrade: h2c", b"connection: upgrade\r\nupgrade: x"),
    *(b"upgrade: websocket\r\nconnection: upgrade", b"grpc-encoding: gzip", b"range: bytes=0-1"),
    *(b"origin: null", b"origin: http://localhost:3000", b"x-forwarded-for: 1.2.3.4", b": x"),
    *(b"host: evil.example", b"host:", b"x-envoy-original-path: /x", b"a b: c", b"x:\x00", b"x"),
    *(b" folded: x", b"content-encoding: gzip", b"x-envoy-max-retries: 999", b"grpc-status: 0"),
    *(b"x-http-method-override: DELETE", b"cookie: " + b"c" * 8000, b"x: " + b"h" * 70_000),
    *(b"x-envoy-upstream-rq-timeout-ms: 1", b"x-envoy-retry-on: 5xx", b"trailer: grpc-status"),
)


class Raw(NamedTuple):
    """Bytes for the gateway.

    Attributes:
        data: what is sent.
        whole: they are a request that is complete, so that an answer is due.
    """

    data: bytes
    whole: bool


class Answer(NamedTuple):
    """What came back, up to the end of the connection.

    Attributes:
        status: of HTTP; 0 where nothing came, -1 where it was no HTTP.
        headers: by their names in small letters.
        body: without its framing.
        ended: the connection was closed in order.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    ended: bool


def raw(chance: random.Random) -> Raw:
    """Bytes for the gateway."""
    made = _plain(chance)
    if chance.random() < 0.6:
        return made
    return Raw(chance.choice(_DAMAGES)(made.data, chance), whole=False)


def framed(path: str, message: bytes, chance: random.Random) -> Raw:
    """A gRPC-Web call whose frame may lie about its length or its coding."""
    size, flag, honest = len(message), 0, True
    if chance.random() < 0.3:
        size = chance.choice((0, 1, size + 1, max(0, size - 1), 2**31, 2**32 - 1))
    if chance.random() < 0.2:
        flag = chance.choice((1, 2, 0x80, 0xFF))
    frame = bytes([flag]) + size.to_bytes(4, "big") + message
    if chance.random() < 0.1:
        frame = frame[: chance.randrange(len(frame))] if chance.random() < 0.5 else frame * 2
        honest = False
    honest = honest and (size, flag) == (len(message), 0)
    head = [
        b"POST %s HTTP/1.1" % path.encode(),
        *(b"host: localhost", b"connection: close", b"x-grpc-web: 1"),
        b"content-type: application/grpc-web+proto",
        b"content-length: %d" % len(frame),
    ]
    return Raw(b"\r\n".join(head) + b"\r\n\r\n" + frame, whole=honest)


def plain(verb: str, target: str, body: bytes) -> Raw:
    """An ordinary request of JSON."""
    head = [
        f"{verb} {target} HTTP/1.1",
        *("host: localhost", "connection: close", "content-type: application/json"),
        *([f"content-length: {len(body)}"] if body or verb != "GET" else []),
    ]
    return Raw("\r\n".join(head).encode() + b"\r\n\r\n" + body, whole=True)


async def exchanged(address: Address, sent: Raw, *, seconds: float) -> Answer:
    """Send bytes and read until the gateway closes; what came until `seconds` had passed."""
    reader, writer = await asyncio.open_connection(*address)
    received, ended = bytearray(), False
    try:
        async with asyncio.timeout(seconds):
            sending = asyncio.create_task(_sent(writer, sent))
            try:
                while not ended:
                    received += (data := await reader.read(65536))
                    ended = not data or _complete(received)
            finally:
                sending.cancel()
                with suppress(asyncio.CancelledError, OSError):
                    await sending
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return _read(bytes(received), ended=ended)


async def _sent(writer: asyncio.StreamWriter, sent: Raw) -> None:
    with suppress(ConnectionError):
        writer.write(sent.data)
        await writer.drain()


def _complete(received: bytearray) -> bool:
    """Whether an answer is there as a whole; the gateway waits a second before it closes."""
    head, found, body = bytes(received[:16_384]).partition(b"\r\n\r\n")
    if not found or head.split(b" ", 2)[1:2] == [b"100"]:
        return False
    head = head.lower()
    if b"\r\ntransfer-encoding: chunked" in head:
        return received.endswith(b"0\r\n\r\n")
    _, told, length = head.partition(b"\r\ncontent-length: ")
    size = length.split(b"\r\n", 1)[0]
    there = len(received) - (len(received[:16_384]) - len(body))
    return bool(told) and size.isdigit() and there >= int(size)


def _read(received: bytes, *, ended: bool) -> Answer:
    head, found, body = received.partition(b"\r\n\r\n")
    while found and head.split(b" ", 2)[1:2] == [b"100"]:
        head, found, body = body.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not received:
        return Answer(0, {}, b"", ended)
    if not found or not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        return Answer(-1, {}, received[:200], ended)
    split = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in split}
    if headers.get("content-length", "").isdigit():
        # More may follow: the answer to a second request on the connection.
        body = body[: int(headers["content-length"])]
    if headers.get("transfer-encoding") == "chunked":
        body, whole = _unchunked(body)
        ended = ended and whole
    return Answer(int(rest[:3]), headers, body, ended)


def _unchunked(body: bytes) -> tuple[bytes, bool]:
    made = b""
    while True:
        size, found, body = body.partition(b"\r\n")
        length = int(size, 16) if found and _SIZE.fullmatch(size) else -1
        if length <= 0:
            return made, length == 0
        made, body = made + body[:length], body[length + 2 :]


def _plain(chance: random.Random) -> Raw:
    verb, path = chance.choice(_VERBS), chance.choice(_PATHS)
    version = chance.choice([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTP/1"])
    headers = [chance.choice(_HEADERS) for _ in range(chance.choice((0, 1, 1, 2, 4)))]
    if chance.random() < 0.02:
        headers += [b"x%d: y" % number for number in range(chance.choice((90, 101, 2000)))]
    body = _JSON if verb in {b"POST", b"PUT", b"PATCH"} else b""
    length = b"%d" % len(body)
    if chance.random() < 0.1:
        length = chance.choice((b"0", b"-1", b"x", b"1e1", b"9437184", b"99999999999999999999"))
    framing = [b"content-length: " + length] if body or chance.random() < 0.2 else []
    drawn = chance.random()
    if drawn < 0.05:
        framing += [b"content-length: 5"]
    elif drawn < 0.1:
        framing += [b"transfer-encoding: chunked"]
    elif drawn < 0.15:
        framing = [chance.choice((b"transfer-encoding: chunked", b"transfer-encoding: x"))]
        body = chance.choice(
            (b"5\r\nabcde\r\n0\r\n\r\n", b"zz\r\n", b"ffffffffffffffff\r\na", b"0")
        )
    head = [b" ".join((verb, path, version)), b"host: localhost", b"connection: close"]
    data = b"\r\n".join([*head, *headers, *framing]) + b"\r\n\r\n" + body
    ordinary = version == b"HTTP/1.1" and not headers and verb in set(_VERBS[:7])
    honest = framing in ([], [b"content-length: %d" % len(body)])
    return Raw(data, whole=ordinary and honest and path.startswith(b"/v1/sessions"))


def _truncated(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _bare_line_feeds(data: bytes, _: random.Random) -> bytes:
    return data.replace(b"\r\n", b"\n")


def _flipped(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(min(len(data), 200))
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _garbage(_: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02")) + (
        chance.randbytes(chance.choice((1, 30, 5000)))
    )


def _twice(data: bytes, _: random.Random) -> bytes:
    return data.replace(b"connection: close\r\n", b"", 1) + data


_DAMAGES: Sequence[Callable[[bytes, random.Random], bytes]] = (
    *(_truncated, _bare_line_feeds, _flipped, _flipped, _garbage, _twice),
)
