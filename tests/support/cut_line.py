"""A way to the store that breaks at a chosen command."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from tests.support.listening import connected_to, listening, pass_on

_CHUNK = 1 << 20


class CutLine:
    """Passes bytes between clients and the store until it is cut.

    Attributes:
        url: where clients connect.
        passed: commands that clients sent since the last `cut_at`; a pipeline counts as one.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._cut_at = 0
        self._answered = False
        self.passed = 0
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def to(cls, redis_url: str) -> AsyncIterator[Self]:
        """A line to a store, open until the block is left."""
        host, _, port = redis_url.removeprefix("redis://").split("/")[0].rpartition(":")
        line = cls(host, int(port))
        async with listening(line._connected) as address:
            line.url = f"redis://{address}"
            yield line

    def cut_at(self, number: int, *, answered: bool) -> None:
        """Break the connection at a command, counted from 1 and from now; 0 is never.

        Args:
            number: which command.
            answered: whether the store still runs it, so that only its answer is lost.
        """
        self._cut_at, self._answered, self.passed = number, answered, 0

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with connected_to(self._host, self._port) as (there, back):
            answers = asyncio.create_task(pass_on(there, writer))
            try:
                while data := await reader.read(_CHUNK):
                    self.passed += 1
                    if self.passed == self._cut_at:
                        answers.cancel()
                        if self._answered:
                            back.write(data)
                            await there.read(1)
                        return
                    back.write(data)
            except ConnectionError:
                pass
            finally:
                answers.cancel()
                writer.transport.abort()
