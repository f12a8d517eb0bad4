"""The end of a stream of changes: positions in it, and the reader that follows it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agent_memory_services.kit.contract.cursors import whole_number
from agent_memory_services.kit.redis.background import Periodic, end


class Position(NamedTuple):
    """A place in a stream, as the store numbers it."""

    milliseconds: int
    number: int

    @classmethod
    def read(cls, text: bytes) -> Self:
        """The inverse of `spell`.

        Raises:
            ValueError: it is no place.
        """
        milliseconds, _, counted = text.partition(b"-")
        return cls(whole_number(milliseconds), whole_number(counted))

    def spell(self) -> str:
        """The position as the store writes it."""
        return f"{self.milliseconds}-{self.number}"


ORIGIN: Final = Position(0, 0)
"""Before the first entry."""


_BATCH: Final = 500

Raw: TypeAlias = tuple[bytes, Mapping[bytes, bytes]]
"""An entry as the store answers it: its place and its fields."""


class Entry(Protocol):
    """Something that is told in a stream."""

    @property
    def position(self) -> Position:
        """Its place in the stream."""
        ...

    @property
    def topics(self) -> Collection[Hashable]:
        """The topics that it concerns; a listener asks for one of them."""
        ...


EntryT = TypeVar("EntryT", bound=Entry)
EntryT_contra = TypeVar("EntryT_contra", bound=Entry, contravariant=True)


class Listener(Protocol[EntryT_contra]):
    """A subscriber to what joins a stream."""

    def offer(self, entry: EntryT_contra) -> None:
        """An entry of the topic joined."""
        ...

    def wake(self) -> None:
        """There will be nothing more."""
        ...


class Tail(Generic[EntryT]):
    """The end of one stream.

    Attributes:
        key: the stream.
        end: every entry up to here was offered.
        fault: why there will be nothing more, if so.
    """

    def __init__(self, client: Redis, key: str, read: Callable[[Raw], EntryT]) -> None:
        self._client = client
        self._read = read
        self._listeners: dict[Hashable, set[Listener[EntryT]]] = defaultdict(set)
        self.key = key
        self.end = ORIGIN
        self.fault: Exception | None = None

    async def open(self) -> None:
        """Go to the end of the stream."""
        info = await self._info()
        self.end = Position.read(info["last-generated-id"]) if info else ORIGIN

    def add(self, topic: Hashable, listener: Listener[EntryT]) -> None:
        """Offer a listener the entries of a topic, those of None being all."""
        self._listeners[topic].add(listener)

    def discard(self, topic: Hashable, listener: Listener[EntryT]) -> bool:
        """Offer it nothing more; answers whether anybody still listens."""
        self._listeners[topic].discard(listener)
        if not self._listeners[topic]:
            del self._listeners[topic]
        return bool(self._listeners)

    def hand_out(self, entries: Sequence[Raw]) -> None:
        """Offer what was read behind the end."""
        for entry in map(self._read, entries):
            # What a reader of before still brings was offered already.
            if entry.position > self.end:
                self.end = entry.position
                for topic in (None, *entry.topics):
                    for listener in self._listeners.get(topic, ()):
                        listener.offer(entry)

    def stop(self, fault: Exception) -> None:
        """Let every listener know that there will be nothing more, and why."""
        self.fault = fault
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.wake()

    async def stored(self, after: Position) -> Sequence[EntryT]:
        """The next entries after a position, as the store has them."""
        found: Any = await self._client.xrange(self.key, f"({after.spell()}", count=_BATCH)
        return [self._read(entry) for entry in found]

    async def retains(self, position: Position) -> bool:
        """Return true if the store has all that came after a position, and ever came so far."""
        if position >= self.end:
            return position == self.end
        info = await self._info()
        if info is None:
            return False
        oldest = info["first-entry"]
        lost = int(info["entries-added"]) > int(info["length"])
        return not lost or (oldest is not None and Position.read(oldest[0]) <= position)

    async def _info(self) -> Mapping[str, Any] | None:
        """Read the store's description of the stream; None where there is no stream."""
        try:
            info: Any = await self._client.xinfo_stream(self.key)
        except ResponseError as error:
            if "no such key" in str(error).lower():
                return None
            raise
        return dict(info)


_BLOCK_MILLISECONDS: Final = 2_000


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
        """True if it came to an end without being told to."""
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
        await end(self._task, self._reading)

    async def _run(self) -> None:
        """Read until cancelled; a fault is handed to the watchers."""
        try:
            await Periodic(self._step, 0.0, foreseen=()).run()
        except Exception as fault:  # noqa: BLE001 - raised to the watchers
            self.stop(fault)

    async def _step(self) -> None:
        for key, entries in await self._next():
            if tail := self.tails.get(key.decode()):
                tail.hand_out(entries)

    async def _read(self) -> Any:
        ends: Any = {key: tail.end.spell() for key, tail in self.tails.items()}
        return await self._client.xread(ends, count=_BATCH, block=_BLOCK_MILLISECONDS)

    async def _next(self) -> Sequence[tuple[bytes, Sequence[Raw]]]:
        """Read what joined the streams; nothing where nothing did, or where streams were added."""
        self._reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait([self._reading])
        finally:
            self._reading.cancel()
        if self._reading.cancelled():
            return []
        return cast("Sequence[tuple[bytes, Sequence[Raw]]]", self._reading.result())
