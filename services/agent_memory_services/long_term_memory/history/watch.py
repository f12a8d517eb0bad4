"""The stream of changes to memories."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final, Self, cast

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryChange
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.kit.contract.cursors import PageTokens
from agent_memory_services.kit.contract.errors import InvalidField, InvalidToken
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.feed.subscription import (
    ForgottenError,
    Subscription,
    Subscriptions,
)
from agent_memory_services.kit.redis.feed.tail import Position, Raw
from agent_memory_services.long_term_memory.domain.change import Kind
from agent_memory_services.long_term_memory.domain.conditions import Node
from agent_memory_services.long_term_memory.domain.fields import ACCESSES
from agent_memory_services.long_term_memory.domain.filters import compile_filter
from agent_memory_services.long_term_memory.domain.matching import fields_of, holds
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.keys import shard_of


@dataclass(frozen=True, slots=True)
class MemoryEvent:
    """A change of a memory.

    Attributes:
        position: its place in the feed.
        kind: what happened.
        memory_id: to which memory.
        time: when, in microseconds.
        before: the record before; None where there was none.
        after: the record after; None where there is none.
    """

    position: Position
    kind: Kind
    memory_id: str
    time: int
    before: Memory | None
    after: Memory | None

    @property
    def topics(self) -> tuple[()]:
        """Each watcher looks for itself at what a change is about."""
        return ()

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """A change as the script of commits writes it."""
        position, fields = entry
        return cls(
            Position.read(position),
            kind=cast("Kind", int(fields[b"kind"])),
            memory_id=fields[b"id"].decode(),
            time=int(fields[b"time"]),
            before=_record(fields.get(b"before")),
            after=_record(fields.get(b"after")),
        )


def _record(data: bytes | None) -> Memory | None:
    return None if data is None else Memory.FromString(data)


_FORGOTTEN: Final = "changes since then are forgotten; list the memories and watch anew"


@dataclass(frozen=True, slots=True)
class MemoryWatchUpdate:
    """Update for a watcher.

    Attributes:
        change: the change; None in a checkpoint.
        token: continues after this.
    """

    change: MemoryChange | None
    token: str


class MemoryWatch:
    """Answers watchers."""

    def __init__(self, feed: Feed[MemoryEvent], shards: int, *, checkpoint_seconds: float) -> None:
        """Tell nothing for `checkpoint_seconds` at the most."""
        self._feed = feed
        self._shards = shards
        self._checkpoint_seconds = checkpoint_seconds

    async def follow(
        self, scope: Scope, given: MemoryFilter, token: str
    ) -> AsyncGenerator[MemoryWatchUpdate, None]:
        """Tell a checkpoint, or what happened since the token, and then every change.

        A change is told where the memory matches before it or after it. To someone who may see
        it on one side alone, it comes or goes. Never ends by itself.

        Raises:
            InvalidField: the filter nests too deep, or asks for accesses.
            InvalidToken: the token is damaged or of another watch, or changes since then are
                forgotten.
        """
        watcher = _Watcher(scope, given)
        after = watcher.tokens.place(token, Position.read)
        key = shard_of(scope.tenant, self._shards).feed(scope.tenant)
        async with self._feed.follow([key]) as following:
            (subscription,) = following.subscriptions.values()
            try:
                if after is not None:
                    await subscription.rewind(after)
                async for sighting in self._told(watcher, following, subscription):
                    yield sighting
            except ForgottenError:
                raise InvalidToken(_FORGOTTEN) from None

    async def _told(
        self,
        watcher: "_Watcher",
        following: Subscriptions[MemoryEvent],
        subscription: Subscription[MemoryEvent],
    ) -> AsyncIterator[MemoryWatchUpdate]:
        while subscription.behind:
            for told in await subscription.news():
                if sighting := watcher.sighting(told):
                    yield sighting
        yield watcher.checkpoint(subscription.position)
        patience = _Patience(self._checkpoint_seconds)
        while True:
            await following.wait(patience.left)
            for told in await subscription.news():
                if sighting := watcher.sighting(told):
                    patience.renew()
                    yield sighting
            if not patience.left:
                patience.renew()
                yield watcher.checkpoint(subscription.position)


class _Watcher:
    """Watcher: a scope and a condition."""

    def __init__(self, scope: Scope, given: MemoryFilter) -> None:
        self._scope = scope
        self._condition = _followable(compile_filter(given, "filter"))
        self.tokens = PageTokens("watch", scope.tenant, given)

    def sighting(self, told: MemoryEvent) -> MemoryWatchUpdate | None:
        """Return the watcher's update for a change; None where it does not concern the watcher."""
        before, after = self._in_reach(told.before), self._in_reach(told.after)
        if not any(holds(self._condition, each) for each in (before, after) if each is not None):
            return None
        change = MemoryChange(
            kind=_seen_as(told, before, after),
            memory_id=told.memory_id,
            memory=after,
            change_time=to_timestamp(told.time),
        )
        return MemoryWatchUpdate(change, self._token(told.position))

    def checkpoint(self, position: Position) -> MemoryWatchUpdate:
        """A sign of life."""
        return MemoryWatchUpdate(None, self._token(position))

    def _in_reach(self, memory: Memory | None) -> Memory | None:
        return memory if memory is not None and self._scope.admits(memory) else None

    def _token(self, position: Position) -> str:
        return self.tokens.token(position.spell().encode())


class _Patience:
    """Time since a watcher last got an update."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        """It heard something."""
        self._ends = time.monotonic() + self._seconds

    @property
    def left(self) -> float:
        """Seconds until it should hear something."""
        return max(0.0, self._ends - time.monotonic())


def _followable(condition: Node) -> Node:
    """A condition on what a change can change; being found changes no memory.

    Raises:
        InvalidField: the condition asks how often or when a memory was found.
    """
    if not ACCESSES.keys().isdisjoint(fields_of(condition)):
        raise InvalidField("filter", "accesses cannot be watched: being found is no change")
    return condition


def _seen_as(told: MemoryEvent, before: Memory | None, after: Memory | None) -> Kind:
    """Return the kind of a change for a reader who sees the memory on one of its sides alone."""
    if told.before is not None and before is None:
        return ltm.MEMORY_CHANGE_KIND_CREATED
    if told.after is not None and after is None:
        return ltm.MEMORY_CHANGE_KIND_DELETED
    return told.kind
