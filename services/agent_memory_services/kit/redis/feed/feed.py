"""Feeds: streams that are read once, however many watch them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Generic

from redis.asyncio import Redis

from agent_memory_services.kit.contract.errors import ShuttingDown
from agent_memory_services.kit.redis.feed.subscription import Subscription, Subscriptions
from agent_memory_services.kit.redis.feed.tail import EntryT, Raw, Reader, Tail


class Feed(Generic[EntryT]):
    """The streams that are watched.

    Streams of one hash tag are read together, over one connection.
    """

    def __init__(self, client: Redis, read: Callable[[Raw], EntryT]) -> None:
        """Read streams with `client`, each entry with `read`."""
        self._client = client
        self._read = read
        self._readers: dict[str, Reader[EntryT]] = {}
        self._opening = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def follow(
        self, keys: Sequence[str], topic: Hashable = None
    ) -> AsyncIterator[Subscriptions[EntryT]]:
        """Follow a topic in some streams while the context lasts, None being everything.

        Raises:
            ShuttingDown: the process is about to end.
        """
        moved = asyncio.Event()
        followed: list[tuple[Tail[EntryT], Subscription[EntryT]]] = []
        try:
            async with self._opening:
                for key in keys:
                    tail = await self._tail(key)
                    subscription = Subscription(tail, topic, moved)
                    tail.add(topic, subscription)
                    followed.append((tail, subscription))
            yield Subscriptions({tail.key: subscription for tail, subscription in followed}, moved)
        finally:
            for tail, subscription in followed:
                if not tail.discard(topic, subscription):
                    self._release(tail)

    async def aclose(self) -> None:
        """Stop reading; whoever still watches learns that the process ends."""
        self._closed = True
        readers, self._readers = list(self._readers.values()), {}
        for reader in readers:
            reader.stop(ShuttingDown())
        await asyncio.gather(*(reader.aclose() for reader in readers))

    async def _tail(self, key: str) -> Tail[EntryT]:
        if (reader := self._reader(key)) and key in reader.tails:
            return reader.tails[key]
        tail = Tail(self._client, key, self._read)
        await tail.open()
        # Meanwhile others may have left, and their reader with them.
        reader = self._reader(key)
        if reader is None:
            reader = self._readers[_tag(key)] = Reader(self._client)
        reader.add(tail)
        return tail

    def _reader(self, key: str) -> Reader[EntryT] | None:
        """Return the reader of the streams beside a stream, if there is one."""
        if self._closed:
            raise ShuttingDown
        reader = self._readers.get(_tag(key))
        return None if reader is None or reader.failed else reader

    def _release(self, tail: Tail[EntryT]) -> None:
        reader = self._readers.get(_tag(tail.key))
        if reader and reader.tails.get(tail.key) is tail and not reader.remove(tail.key):
            del self._readers[_tag(tail.key)]
            reader.cancel()


def _tag(key: str) -> str:
    """Return the part of a key that decides on which node of a cluster it lies."""
    return key.partition("{")[2].partition("}")[0] or key
