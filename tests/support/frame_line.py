"""A line to a server on which the frames of HTTP/2 are counted, by their type."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.listening import connected_to, listening

PING = 6
GOAWAY = 7
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEADER_BYTES = 9


class FrameLine:
    """Passes bytes on in both directions.

    Attributes:
        address: where clients connect.
        connections: how many did.
        sent: frames that clients sent, by type.
        answered: frames that the server sent, by type.
    """

    def __init__(self, target: str) -> None:
        """Lead to `target`, a host and a port."""
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self.address = ""
        self.connections = 0
        self.sent: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FrameLine"]:
        """Listen on a free port of loopback until the block is left."""
        async with listening(self._serve) as address:
            self.address = str(address)
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        async with connected_to(*self._target) as (there, back):
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                back.write(await reader.readexactly(len(_PREFACE)))
                async with asyncio.TaskGroup() as both:
                    both.create_task(_pass_frames(reader, back, self.sent))
                    both.create_task(_pass_frames(there, writer, self.answered))


async def _pass_frames(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: Counter[int]
) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            header = await reader.readexactly(_HEADER_BYTES)
            writer.write(header + await reader.readexactly(int.from_bytes(header[:3])))
            # The last thing, so that what was counted is on its way.
            counted[header[3]] += 1
            await writer.drain()
    writer.close()
