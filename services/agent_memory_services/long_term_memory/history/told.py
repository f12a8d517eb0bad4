"""A change as the feed of a tenant tells it."""

from dataclasses import dataclass
from typing import Self, cast

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.records.change import Kind
from agent_memory_services.runtime.feed.position import Position
from agent_memory_services.runtime.feed.tail import Raw


@dataclass(frozen=True, slots=True)
class Told:
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
