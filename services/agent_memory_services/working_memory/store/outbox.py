"""Outbox of messages that extraction has not acknowledged: one stream per partition."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

from redis.asyncio import Redis

from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.working_memory.store.keys import dead_key, outbox_key

_ERASED_AT_A_TIME: Final = 100


@script("agent_memory_services.working_memory.store", "lua/relay/bury")
def _bury(outbox: Key, dead: Key, *, entry: bytes, reason: str) -> Any:
    """Move an entry to the dead ones."""


Position: TypeAlias = tuple[int, int]
"""Place in a stream; `ORIGIN` is before its first entry."""
ORIGIN: Final = (0, 0)


def position(entry_id: bytes) -> Position:
    """Return the position of an entry."""
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number)


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One hand-over.

    Attributes:
        id: its place in the stream.
        tenant: whose session it is.
        request: a serialized `SubmitMessagesRequest`.
        trace: of the call that left it; empty where that was not traced.
    """

    id: bytes
    tenant: str
    request: bytes
    trace: str = ""

    @classmethod
    def parse(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Self:
        """Read an entry of a stream."""
        trace = fields.get(b"trace", b"").decode()
        return cls(entry_id, fields[b"tenant"].decode(), fields[b"request"], trace)

    def age(self, now: float) -> float:
        """Return the seconds since it was written, at `now` in seconds since the epoch."""
        return max(0.0, now - int(self.id.partition(b"-")[0]) / 1e3)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Delay of a partition's deliveries.

    Attributes:
        entries: how many wait.
        oldest: when the first of them was written, in milliseconds since the epoch.
    """

    entries: int
    oldest: int


class Outbox:
    """The outboxes of one Redis."""

    def __init__(self, client: Redis) -> None:
        """Read the streams with `client`."""
        self._client = client

    async def read(
        self, partition: int, count: int, start: str | bytes = "-"
    ) -> Sequence[OutboxEntry]:
        """Return the first entries of a partition from `start` on, in the order of writing."""
        found: Any = await self._client.xrange(outbox_key(partition), min=start, count=count)
        return [OutboxEntry.parse(entry_id, fields) for entry_id, fields in found]

    async def acknowledge(self, partition: int, entry: OutboxEntry) -> None:
        """Delete an entry that was delivered."""
        await self._client.xdel(outbox_key(partition), entry.id)

    async def dead_letter(self, partition: int, entry: OutboxEntry, reason: str) -> None:
        """Set an entry aside that will never be accepted, with the reason."""
        await _bury(
            self._client,
            outbox_key(partition),
            dead_key(partition),
            entry=entry.id,
            reason=reason,
        )

    async def end(self, partition: int) -> Position:
        """Return the position of the last entry of a partition."""
        last: Any = await self._client.xrevrange(outbox_key(partition), count=1)
        return position(last[0][0]) if last else ORIGIN

    async def erase(self, partition: int, concerns: Callable[[OutboxEntry], bool]) -> int:
        """Delete the entries of a user, and return how many there were."""
        return await self._erase(outbox_key(partition), concerns)

    async def erase_dead_letters(
        self, partition: int, concerns: Callable[[OutboxEntry], bool]
    ) -> int:
        """Delete the dead letters of a user, and return how many there were."""
        return await self._erase(dead_key(partition), concerns)

    async def _erase(self, key: str, concerns: Callable[[OutboxEntry], bool]) -> int:
        erased = 0
        start = "-"
        while found := await self._page(key, start):
            start = f"({found[-1].id.decode()}"
            if doomed := [entry.id for entry in found if concerns(entry)]:
                erased += int(await self._client.xdel(key, *doomed))
        return erased

    async def _page(self, key: str, start: str) -> Sequence[OutboxEntry]:
        found: Any = await self._client.xrange(key, min=start, count=_ERASED_AT_A_TIME)
        return [OutboxEntry.parse(entry_id, fields) for entry_id, fields in found]

    async def backlogs(self, partitions: Iterable[int]) -> Mapping[int, Backlog]:
        """Return the partitions in which entries wait; one round trip."""
        asked = list(partitions)
        if not asked:
            return {}
        async with self._client.pipeline(transaction=False) as pipeline:
            for partition in asked:
                pipeline.xlen(outbox_key(partition))
                pipeline.xrange(outbox_key(partition), count=1)
            answers = await pipeline.execute()
        sizes = zip(asked, answers[::2], answers[1::2], strict=True)
        return {
            partition: Backlog(size, int(first[0][0].partition(b"-")[0]))
            for partition, size, first in sizes
            if first
        }
