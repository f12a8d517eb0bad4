"""A way to a service that can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent_memory_services.kit.contract.transport import Address
from tests.support.listening import connected_to, listening


class Wire:
    """Connections to a service, which can all be cut at once; later ones are passed on again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[Address]:
        """Where it begins, until the block is left."""
        async with listening(self._connected) as address:
            try:
                yield address
            finally:
                self.cut()

    def cut(self) -> None:
        """Break every connection, as a killed process does."""
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _connected(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        async with connected_to("127.0.0.1", self._port) as (there, forth):
            self._ends |= {back, forth}
            await asyncio.gather(_pass(here, forth), _pass(there, back), return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
