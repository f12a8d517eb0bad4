"""A gRPC call whose headers are sent and whose request is not, over a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tests.support.listening import connected_to

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS = 0, 1, 3, 4
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_STREAM = 1


class HalfCall:
    """One HTTP/2 stream, spoken by hand: a client library sends a request in one piece."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes, *, end: bool = False) -> None:
        """Send a part of the request."""
        self._writer.write(_frame(_DATA, _END_STREAM if end else 0, _STREAM, data))

    async def ended(self) -> None:
        """Wait until the server ends the call, or the connection."""
        while True:
            try:
                head = await self._reader.readexactly(9)
                await self._reader.readexactly(int.from_bytes(head[:3], "big"))
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
            if kind == _SETTINGS and not flags & _ACK:
                self._writer.write(_frame(_SETTINGS, _ACK, 0))
            if stream == _STREAM and (kind == _RST_STREAM or flags & _END_STREAM):
                return


@asynccontextmanager
async def half_call(
    host: str, port: int, path: str, metadata: Mapping[str, str] | None = None
) -> AsyncIterator[HalfCall]:
    """A call of the method at `path`, begun at a server that speaks plain text."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        **(metadata or {}),
    }
    block = b"".join(_field(name, value) for name, value in fields.items())
    async with connected_to(host, port) as (reader, writer):
        writer.write(_PREFACE + _frame(_SETTINGS, 0, 0))
        writer.write(_frame(_HEADERS, _END_HEADERS, _STREAM, block))
        yield HalfCall(reader, writer)


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return head + stream.to_bytes(4, "big") + payload


def _field(name: str, value: str) -> bytes:
    """A header field as HPACK spells one that is in no table; texts are short."""
    texts = (name.encode(), value.encode())
    return b"\0" + b"".join(bytes([len(text)]) + text for text in texts)
