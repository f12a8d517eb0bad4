"""The streams of changes, each read once for all watchers of this process."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from agent_memory_services.extraction.queue.identity import partition_prefix
from agent_memory_services.extraction.queue.store import Store
from agent_memory_services.runtime.errors import ShuttingDown

_BLOCK_MILLISECONDS = 2_000
_BATCH = 500
_KEPT = 2_000
"""Changes of a partition that are kept here, so that most watchers never ask the store."""

Position = tuple[int, int]
"""Place in a stream; `ORIGIN` is before its first entry."""
ORIGIN: Position = (0, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a job or, with an empty job id, to a session without one."""

    position: Position
    tenant_key: str
    thread_key: str
    job_id: str


class Tail:
    """The end of one partition's stream."""

    def __init__(self, store: Store, partition: int) -> None:
        self._client = store.client
        self._key = f"{partition_prefix(partition)}changes"
        self._recent: deque[Change] = deque(maxlen=_KEPT)
        self._fault: Exception | None = None
        # Every change after this one is in `_recent`.
        self._floor = ORIGIN
        self.end = ORIGIN
        self.listeners: set[asyncio.Event] = set()

    async def open(self) -> None:
        """Go to the end of the stream."""
        entries = await self._client.xrevrange(self._key, count=1)
        self.end = self._floor = _changes(entries)[0].position if entries else ORIGIN

    async def read(self) -> None:
        """Read on until the end; what goes wrong, ends every watcher."""
        try:
            while self._fault is None:
                streams: Any = await self._client.xread(
                    {self._key: spell(self.end)}, count=_BATCH, block=_BLOCK_MILLISECONDS
                )
                for _, entries in streams:
                    self._take(_changes(entries))
        except Exception as fault:  # noqa: BLE001 - `since` raises it to the watchers
            self.stop(fault)

    def stop(self, fault: Exception) -> None:
        """Read no more, and let every watcher know why."""
        self._fault = fault
        self._wake()

    async def since(self, position: Position) -> Sequence[Change]:
        """What came after a position, in order; there may be more after that.

        Raises:
            RedisError: the stream cannot be read.
            ShuttingDown: the process is about to end.
        """
        if self._fault is not None:
            raise self._fault
        if position >= self._floor:
            later = takewhile(lambda change: change.position > position, reversed(self._recent))
            return list(later)[::-1]
        entries = await self._client.xrange(self._key, f"({spell(position)}", count=_BATCH)
        return _changes(entries)

    async def forgot(self, position: Position) -> bool:
        """Whether changes after a position may be gone from the stream."""
        if position >= self._floor or not await self._client.exists(self._key):
            return False
        info = await self._client.xinfo_stream(self._key)
        trimmed = int(info["entries-added"]) > int(info["length"])
        oldest = await self._client.xrange(self._key, count=1)
        return trimmed and _changes(oldest)[0].position > position

    def _take(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if len(self._recent) == _KEPT:
                self._floor = self._recent[0].position
            self._recent.append(change)
            self.end = change.position
        self._wake()

    def _wake(self) -> None:
        for listener in self.listeners:
            listener.set()


@dataclass(frozen=True, slots=True)
class Following:
    """One watcher's hold on some partitions."""

    tails: Mapping[int, Tail]
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> None:
        """Wait until something changes, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.moved.wait()
        self.moved.clear()


class Feed:
    """The changes of all partitions that somebody watches."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._readers: dict[int, tuple[Tail, asyncio.Task[None]]] = {}
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def follow(self, partitions: Sequence[int]) -> AsyncIterator[Following]:
        """Follow some partitions while the context lasts."""
        async with self._opening:
            tails = {partition: await self._tail(partition) for partition in partitions}
        following = Following(tails)
        for tail in tails.values():
            tail.listeners.add(following.moved)
        try:
            yield following
        finally:
            for partition, tail in tails.items():
                tail.listeners.discard(following.moved)
                self._release(partition, tail)

    async def aclose(self) -> None:
        """Stop reading; whoever still watches learns that the process ends."""
        readers = list(self._readers.values())
        for tail, task in readers:
            tail.stop(ShuttingDown())
            task.cancel()
        await asyncio.gather(*(task for _, task in readers), return_exceptions=True)

    async def _tail(self, partition: int) -> Tail:
        if (known := self._readers.get(partition)) and not known[1].done():
            return known[0]
        tail = Tail(self._store, partition)
        await tail.open()
        self._readers[partition] = tail, asyncio.create_task(tail.read())
        return tail

    def _release(self, partition: int, tail: Tail) -> None:
        known = self._readers.get(partition)
        if not tail.listeners and known and known[0] is tail:
            self._readers.pop(partition)[1].cancel()


def spell(position: Position) -> str:
    """A position as the store writes it."""
    return f"{position[0]}-{position[1]}"


def read_position(text: str) -> Position:
    """The position that `spell` wrote."""
    milliseconds, _, number = text.partition("-")
    return int(milliseconds), int(number)


def _changes(entries: Any) -> list[Change]:
    return [
        Change(
            read_position(position.decode()),
            fields[b"tenant"].decode(),
            fields[b"thread"].decode(),
            fields[b"job"].decode(),
        )
        for position, fields in entries
    ]
