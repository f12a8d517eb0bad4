"""A line to a server on which what is sent can be held back, and let go later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.listening import connected_to, listening

_CHUNK = 65_536


class HeldLine:
    """Passes bytes on in both directions; those of callers wait while the line is held."""

    def __init__(self, target: str) -> None:
        """Lead to `target`, a host and a port."""
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self._open = asyncio.Event()
        self._open.set()
        self._held = bytearray()
        self.address = ""

    def hold(self) -> None:
        """Pass nothing on that callers send."""
        self._held.clear()
        self._open.clear()

    def let_go(self) -> None:
        """Pass on what was held, and all that follows."""
        self._open.set()

    async def holds(self, words: bytes) -> None:
        """Wait until some words are among what is held."""
        async with asyncio.timeout(120):
            while words not in self._held:
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HeldLine"]:
        """Listen on a free port of loopback."""
        async with listening(self._serve) as address:
            self.address = str(address)
            try:
                yield self
            finally:
                self.let_go()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        chunks: asyncio.Queue[bytes] = asyncio.Queue()
        async with connected_to(*self._target) as (there, back):
            with suppress(ConnectionError):
                await asyncio.gather(
                    self._read(reader, chunks), self._forth(chunks, back), _pass_on(there, writer)
                )

    async def _read(self, reader: asyncio.StreamReader, chunks: asyncio.Queue[bytes]) -> None:
        """Read on while the line is held: what comes first may be a mere receipt."""
        try:
            while chunk := await reader.read(_CHUNK):
                if not self._open.is_set():
                    self._held += chunk
                chunks.put_nowait(chunk)
        finally:
            chunks.put_nowait(b"")

    async def _forth(self, chunks: asyncio.Queue[bytes], writer: asyncio.StreamWriter) -> None:
        while chunk := await chunks.get():
            await self._open.wait()
            writer.write(chunk)
            await writer.drain()
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.close()
