"""The streams of changes, each read once for all watchers of this process."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory_services.runtime.errors import InvalidToken, Overloaded, ShuttingDown
from agent_memory_services.working_memory.keyspace import changes_key
from agent_memory_services.working_memory.watching.notes import ORIGIN, Note, Position

_BLOCK_MILLISECONDS: Final = 2_000
_BATCH: Final = 500
_PENDING: Final = 10_000
"""Changes that a watcher may be behind; a slower one is ended and may resume."""
_RETRY_SECONDS: Final = 1.0


class Subscription:
    """One watcher's part of a stream: what happens to its session from now on."""

    def __init__(self, tail: "Tail", session: bytes) -> None:
        self._tail = tail
        self._pending: deque[Note] = deque()
        self._moved = asyncio.Event()
        self._fault: Exception | None = None
        self.session = session
        self.position = tail.end
        """Every change up to here was told."""

    async def since(self, position: Position) -> AsyncIterator[Sequence[Note]]:
        """What happened after a position and before the subscription.

        Raises:
            InvalidToken: the store no longer knows, or never did.
        """
        await self._tail.require_known(position)
        begun = self.position
        while notes := await self._tail.stored(position, begun):
            position = notes[-1].position
            if mine := [note for note in notes if note.session == self.session]:
                yield mine

    async def next(self, seconds: float) -> Sequence[Note]:
        """What happened since the last call; waits for it, and answers nothing when time is over.

        Raises:
            RedisError: the stream cannot be read.
            Overloaded: too much happened since the last call.
            ShuttingDown: the process is about to end.
        """
        if not self._pending:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._moved.wait()
        self._moved.clear()
        if self._fault is not None:
            raise self._fault
        notes = list(self._pending)
        self._pending.clear()
        self.position = self._tail.end
        return notes

    def take(self, note: Note) -> None:
        """Keep a change for the watcher."""
        if len(self._pending) == _PENDING:
            self.fail(Overloaded(retry_after=_RETRY_SECONDS))
            return
        self._pending.append(note)
        self._moved.set()

    def fail(self, fault: Exception) -> None:
        """Let the watcher know that there will be nothing more."""
        self._fault = fault
        self._moved.set()


class Tail:
    """The end of one partition's stream."""

    def __init__(self, client: Redis, partition: int) -> None:
        self._client = client
        self._key = changes_key(partition)
        self.end = ORIGIN
        self.subscriptions: dict[bytes, set[Subscription]] = defaultdict(set)

    async def open(self) -> None:
        """Go to the end of the stream."""
        newest: Any = await self._client.xrevrange(self._key, count=1)
        self.end = Position.read(newest[0][0]) if newest else ORIGIN

    async def read(self) -> None:
        """Read on until the end; what goes wrong, ends every watcher."""
        try:
            while True:
                streams: Any = await self._client.xread(
                    {self._key: self.end.spell()}, count=_BATCH, block=_BLOCK_MILLISECONDS
                )
                for _, entries in streams:
                    self._hand_out([Note.read(*entry) for entry in entries])
        except Exception as fault:  # noqa: BLE001 - raised to the watchers
            self.stop(fault)

    def stop(self, fault: Exception) -> None:
        """Let every watcher know that there will be nothing more."""
        for subscribed in self.subscriptions.values():
            for subscription in subscribed:
                subscription.fail(fault)

    async def stored(self, after: Position, until: Position) -> Sequence[Note]:
        """Changes after a position, at most up to another, as the store still has them."""
        entries: Any = await self._client.xrange(
            self._key, f"({after.spell()}", until.spell(), count=_BATCH
        )
        return [Note.read(*entry) for entry in entries]

    async def require_known(self, position: Position) -> None:
        """Refuse a position of which the store cannot tell what came after it.

        Raises:
            InvalidToken: changes after it may be forgotten, or it is of another store.
        """
        if position > self.end:
            raise InvalidToken("the store never came so far; read the session and watch anew")
        if position == self.end:
            return
        info: Any = await self._client.xinfo_stream(self._key)
        trimmed = int(info["entries-added"]) > int(info["length"])
        oldest = Position.read(info["first-entry"][0])
        if trimmed and oldest > position:
            raise InvalidToken("changes since then are forgotten; read the session and watch anew")

    def _hand_out(self, notes: Sequence[Note]) -> None:
        for note in notes:
            for subscription in self.subscriptions.get(note.session, ()):
                subscription.take(note)
        self.end = notes[-1].position


class Feed:
    """The changes of all partitions in which somebody watches."""

    def __init__(self, client: Redis) -> None:
        """Read the streams with `client`."""
        self._client = client
        self._readers: dict[int, tuple[Tail, asyncio.Task[None]]] = {}
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def follow(self, partition: int, session: bytes) -> AsyncIterator[Subscription]:
        """Follow a session while the context lasts."""
        async with self._opening:
            tail = await self._tail(partition)
            subscription = Subscription(tail, session)
            tail.subscriptions[session].add(subscription)
        try:
            yield subscription
        finally:
            tail.subscriptions[session].discard(subscription)
            if not tail.subscriptions[session]:
                del tail.subscriptions[session]
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
        tail = Tail(self._client, partition)
        await tail.open()
        self._readers[partition] = tail, asyncio.create_task(tail.read())
        return tail

    def _release(self, partition: int, tail: Tail) -> None:
        known = self._readers.get(partition)
        if not tail.subscriptions and known and known[0] is tail:
            self._readers.pop(partition)[1].cancel()
