"""A line to a gRPC server on which an answer can be lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.listening import connected_to, listening

_CHUNK = 65_536
_HEAD = 9
_DATA, _HEADERS = 0, 1
_END_STREAM = 1


class LossyLine:
    """Passes HTTP/2 in both directions; where an answer is to be lost, the connection breaks.

    The server has then done what it was asked for, and its caller does not know.

    Attributes:
        address: where callers connect.
        losses: how many answers are still to be lost.
    """

    def __init__(self, target: str) -> None:
        """Lead to `target`, a host and a port."""
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self.address = ""
        self.losses = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LossyLine"]:
        """Listen on a free port of loopback."""
        async with listening(self._serve) as address:
            self.address = str(address)
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with connected_to(*self._target) as (there, back):
            forth = asyncio.create_task(_pass_on(reader, back))
            try:
                with suppress(ConnectionError):
                    await self._answer(there, writer)
            finally:
                forth.cancel()
                writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass answers on; one that begins is held back until it is known to be no refusal."""
        unparsed = held = b""
        holding = False
        while chunk := await reader.read(_CHUNK):
            unparsed += chunk
            while frame := _first_frame(unparsed):
                unparsed = unparsed[len(frame) :]
                held += frame
                kind, flags = frame[3], frame[4]
                if kind == _DATA:
                    if self.losses:
                        self.losses -= 1
                        return
                    holding = False
                elif kind == _HEADERS:
                    # A refusal is a stream's only headers.
                    holding = bool(self.losses) and not flags & _END_STREAM
                if not holding:
                    writer.write(held)
                    held = b""
            await writer.drain()


def _first_frame(data: bytes) -> bytes:
    """The frame that begins here, if all of it is here."""
    size = _HEAD + int.from_bytes(data[:3])
    return data[:size] if len(data) >= max(size, _HEAD) else b""


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.close()
