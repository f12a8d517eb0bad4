"""Reading several streams at their ends, one command at a time."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Generic, cast

from redis.asyncio import Redis

from agent_memory_services.runtime.feed.tail import EntryT, Raw, Tail

_BLOCK_MILLISECONDS: Final = 2_000
_BATCH: Final = 500


class Reader(Generic[EntryT]):
    """Reads streams that lie on one node of the store, over one connection.

    Attributes:
        tails: the streams, by key.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._reading: asyncio.Task[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self.tails: dict[str, Tail[EntryT]] = {}

    @property
    def failed(self) -> bool:
        """Whether it came to an end by itself."""
        return self._task is not None and self._task.done()

    def add(self, tail: Tail[EntryT]) -> None:
        """Read one more stream from now on."""
        self.tails[tail.key] = tail
        if self._reading is not None:
            # A command that waits does so for the streams it knew; it is asked again.
            self._reading.cancel()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def remove(self, key: str) -> bool:
        """Read a stream no more; answers whether any is left."""
        self.tails.pop(key, None)
        return bool(self.tails)

    def stop(self, fault: Exception) -> None:
        """Read no more, and let everybody know why."""
        for tail in self.tails.values():
            tail.stop(fault)

    def cancel(self) -> None:
        """Stop reading, whoever listens."""
        if self._task is not None:
            self._task.cancel()

    async def aclose(self) -> None:
        """Wait until nothing is read any more."""
        self.cancel()
        running = [task for task in (self._task, self._reading) if task is not None]
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                for key, entries in await self._next():
                    if tail := self.tails.get(key.decode()):
                        tail.hand_out(entries)
        except Exception as fault:  # noqa: BLE001 - raised to the watchers
            self.stop(fault)

    async def _next(self) -> Sequence[tuple[bytes, Sequence[Raw]]]:
        """What joined the streams; nothing where nothing did, or where there are more of them."""
        ends: Any = {key: tail.end.spell() for key, tail in self.tails.items()}
        self._reading = asyncio.ensure_future(
            self._client.xread(ends, count=_BATCH, block=_BLOCK_MILLISECONDS)
        )
        try:
            await asyncio.wait([self._reading])
        finally:
            self._reading.cancel()
        if self._reading.cancelled():
            return []
        return cast("Sequence[tuple[bytes, Sequence[Raw]]]", self._reading.result())
