"""One watcher's part of the streams."""

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic

from agent_memory_services.kit.redis.background import wait_for_event
from agent_memory_services.kit.redis.feed.tail import EntryT, Position, Tail

_PENDING: Final = 10_000
"""Entries that are kept for a watcher; a slower one reads on in the store."""


class ForgottenError(Exception):
    """The store no longer has all that came after a position, or never came so far."""


class Subscription(Generic[EntryT]):
    """The entries of a topic in one stream, from a position on.

    Attributes:
        position: every entry up to here was handed out.
        behind: there may be entries in the store that were not.
    """

    def __init__(self, tail: Tail[EntryT], topic: Hashable, moved: asyncio.Event) -> None:
        self._tail = tail
        self._topic = topic
        self._moved = moved
        self._pending: deque[EntryT] = deque()
        self.position = tail.end
        self.behind = False

    async def rewind(self, position: Position) -> None:
        """Go on after an earlier position instead.

        Raises:
            ForgottenError: what came after it cannot be told.
        """
        if not await self._tail.retains(position):
            raise ForgottenError
        self._pending.clear()
        self.position, self.behind = position, position < self._tail.end

    def skip(self) -> None:
        """Go on at the end instead, past all that was not handed out."""
        self._pending.clear()
        self.position, self.behind = self._tail.end, False

    async def poll(self) -> Sequence[EntryT]:
        """Return what came since the last call, or some of it; nothing where nothing did.

        Raises:
            ForgottenError: the store dropped entries before they could be read.
            Exception: the stream cannot be read, or the process is about to end.
        """
        if self._tail.fault is not None:
            raise self._tail.fault
        if self.behind:
            return await self._from_store()
        found = list(self._pending)
        self._pending.clear()
        self.position = max(self.position, self._tail.end)
        return found

    def offer(self, entry: EntryT) -> None:
        """Keep an entry for the watcher."""
        if self.behind or entry.position <= self.position:
            return
        if len(self._pending) == _PENDING:
            self._pending.clear()
            self.behind = True
        else:
            self._pending.append(entry)
        self._moved.set()

    def wake(self) -> None:
        """Let the watcher look."""
        self._moved.set()

    async def _from_store(self) -> Sequence[EntryT]:
        while True:
            began, end = self.position, self._tail.end
            entries = await self._tail.stored(began)
            # Asked afterwards, so that nothing can be dropped between the two.
            if began < end and not await self._tail.retains(began):
                raise ForgottenError
            self.position = entries[-1].position if entries else max(began, end)
            self.behind = self.position < self._tail.end
            mine = [entry for entry in entries if self._topic in {None, *entry.topics}]
            if mine or not self.behind:
                return mine


@dataclass(frozen=True, slots=True)
class Subscriptions(Generic[EntryT]):
    """One watcher's hold on some streams.

    Attributes:
        subscriptions: its part of each, by key.
        moved: set when there is something to look at.
    """

    subscriptions: Mapping[str, Subscription[EntryT]]
    moved: asyncio.Event

    async def wait(self, seconds: float) -> bool:
        """Wait until there is something to look at; false where there was not in time."""
        moved = await wait_for_event(self.moved, seconds)
        self.moved.clear()
        return moved
