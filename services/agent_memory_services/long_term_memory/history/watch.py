"""The stream of changes to memories."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Self, cast

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryChange
from agent_memory_services.kit.contract import clock, cursors, errors
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.feed.tail import Position, Raw
from agent_memory_services.kit.redis.watch import Batch, Watch, WatchSource, WatchTokens
from agent_memory_services.long_term_memory.domain import conditions
from agent_memory_services.long_term_memory.domain.fields import ACCESSES
from agent_memory_services.long_term_memory.domain.memory import Kind
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.documents import shard_of


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
        """None: each watcher decides whether a change concerns it."""
        return ()

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """Read a change as the script of commits writes it."""
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


@dataclass(frozen=True, slots=True)
class MemoryWatchUpdate:
    """An update for a watcher.

    Attributes:
        change: the change; None in a checkpoint.
        token: continues after this.
    """

    change: MemoryChange | None
    token: str


class MemoryWatch:
    """Answers watchers of memories."""

    def __init__(self, feed: Feed[MemoryEvent], shards: int, *, checkpoint_seconds: float) -> None:
        """Tell nothing for `checkpoint_seconds` at the most."""
        self._watch = Watch(feed, checkpoint_seconds=checkpoint_seconds)
        self._shards = shards

    def follow(
        self, scope: Scope, given: MemoryFilter, token: str
    ) -> AsyncGenerator[MemoryWatchUpdate, None]:
        """Yield a checkpoint, or what happened since the token, and then every change.

        A change is told where the memory matches before it or after it. To a caller who may see
        it on one side alone, it comes or goes. Never ends without an error.

        Raises:
            InvalidField: the filter nests too deep, or asks for accesses.
            InvalidToken: the token is damaged or of another watch, or changes since then are
                forgotten.
        """
        source = _MemorySource(scope, given, self._shards)
        return self._watch.follow(source, token)


class _MemorySource(WatchSource[MemoryEvent, MemoryWatchUpdate]):
    """The memories that a filter admits, for one caller."""

    forgotten = "changes since then are forgotten; list the memories and watch anew"

    def __init__(self, scope: Scope, given: MemoryFilter, shards: int) -> None:
        self._scope = scope
        self._condition = _followable(conditions.compile_filter(given, "filter"))
        self.tokens = WatchTokens(*cursors.PageTokens("watch", scope.tenant, given).binding)
        self.streams = {"": shard_of(scope.tenant, shards).feed(scope.tenant)}

    async def render(self, batch: Batch[MemoryEvent]) -> AsyncIterator[MemoryWatchUpdate]:
        """Yield the changes that concern the watcher."""
        for event in batch.entries:
            if (change := self._change(event)) is not None:
                yield MemoryWatchUpdate(change, batch.token_after(event))

    async def checkpoint(self, token: str) -> MemoryWatchUpdate:
        """Return a sign of life."""
        return MemoryWatchUpdate(None, token)

    def _change(self, event: MemoryEvent) -> MemoryChange | None:
        """Return a change as the watcher sees it; None where it does not concern them."""
        before, after = self._in_reach(event.before), self._in_reach(event.after)
        if not any(
            conditions.holds(self._condition, each) for each in (before, after) if each is not None
        ):
            return None
        return MemoryChange(
            kind=_seen_as(event, before, after),
            memory_id=event.memory_id,
            memory=after,
            change_time=clock.to_timestamp(event.time),
        )

    def _in_reach(self, memory: Memory | None) -> Memory | None:
        return memory if memory is not None and self._scope.admits(memory) else None


def _followable(condition: conditions.Node) -> conditions.Node:
    """Return a condition on what a change can change; being found changes no memory.

    Raises:
        InvalidField: the condition asks how often or when a memory was found.
    """
    if not ACCESSES.keys().isdisjoint(conditions.fields_of(condition)):
        raise errors.InvalidField("filter", "accesses cannot be watched: being found is no change")
    return condition


def _seen_as(event: MemoryEvent, before: Memory | None, after: Memory | None) -> Kind:
    """Return the kind of a change to a caller who sees the memory on one of its sides alone."""
    if event.before is not None and before is None:
        return ltm.MEMORY_CHANGE_KIND_CREATED
    if event.after is not None and after is None:
        return ltm.MEMORY_CHANGE_KIND_DELETED
    return event.kind
