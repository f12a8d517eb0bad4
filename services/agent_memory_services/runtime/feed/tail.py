"""The end of a stream, and who wants to hear of what joins it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agent_memory_services.runtime.feed.position import ORIGIN, Position

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
        """What it is about; a listener asks for one of them."""
        ...


EntryT = TypeVar("EntryT", bound=Entry)
EntryT_contra = TypeVar("EntryT_contra", bound=Entry, contravariant=True)


class Listener(Protocol[EntryT_contra]):
    """Who is told what joins a stream."""

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

    async def remembers(self, position: Position) -> bool:
        """Whether the store can tell all that came after a position, and ever came so far."""
        if position >= self.end:
            return position == self.end
        info = await self._info()
        if info is None:
            return False
        oldest = info["first-entry"]
        lost = int(info["entries-added"]) > int(info["length"])
        return not lost or (oldest is not None and Position.read(oldest[0]) <= position)

    async def _info(self) -> Mapping[str, Any] | None:
        """What the store says of the stream; None where there is none."""
        try:
            info: Any = await self._client.xinfo_stream(self.key)
        except ResponseError as error:
            if "no such key" in str(error).lower():
                return None
            raise
        return dict(info)
