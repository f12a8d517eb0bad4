"""Outbox of messages that extraction has not acknowledged, and relays' leases on its partitions.

A partition is one stream, which one relay at a time delivers; every relay has its share of them.

An entry is read in either of two forms. In one it holds a serialized request, which this release
writes because the one before reads no other. In the other it holds what was said, each message and
memory in a field of its own, and the request is built of it here: a later release writes that.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

from google.protobuf.message import DecodeError
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.background import Lease, Presence
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.working_memory.store import records

_ERASED_AT_A_TIME: Final = 100
_REQUEST: Final = b"request"


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
        fields: everything that it holds.
    """

    id: bytes
    tenant: str
    fields: Mapping[bytes, bytes]

    @classmethod
    def parse(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Self:
        """Read an entry of a stream."""
        return cls(entry_id, fields[b"tenant"].decode(), fields)

    @property
    def trace(self) -> str:
        """The call that left it; empty where that was not traced."""
        return self.fields.get(b"trace", b"").decode()

    @property
    def size(self) -> int:
        """Bytes of its request, or about so many where that is to be built."""
        whole = self.fields.get(_REQUEST)
        return sum(map(len, self.fields.values())) if whole is None else len(whole)

    def request(self) -> SubmitMessagesRequest:
        """Return what extraction is asked to take in.

        Raises:
            DecodeError: it holds something else.
        """
        whole = self.fields.get(_REQUEST)
        if whole is not None:
            return SubmitMessagesRequest.FromString(whole)
        try:
            return _built(self.fields)
        except ValueError as error:
            raise DecodeError(str(error)) from None

    def age(self, now: float) -> float:
        """Return the seconds since it was written, at `now` in seconds since the epoch."""
        return max(0.0, now - int(self.id.partition(b"-")[0]) / 1e3)


def _built(fields: Mapping[bytes, bytes]) -> SubmitMessagesRequest:
    """Return the request that submits what an entry holds, in its order.

    The fields are `namespace`, `session_id`, `session_uid`, `user_id`, `time_zone`, `extraction`
    (a serialized `ExtractionConfig`), a `message:<sequence>` for each message, which is serialized
    without its sequence, a `memory:<number>` for each memory, and `withheld`, which has the first
    and the last sequence of what never comes, with a colon between them. Any may be missing.
    """

    def text(name: bytes) -> str:
        return fields.get(name, b"").decode()

    request = SubmitMessagesRequest(
        session=SessionRef(namespace=text(b"namespace"), session_id=text(b"session_id")),
        session_uid=text(b"session_uid"),
        user_id=text(b"user_id"),
        time_zone=text(b"time_zone"),
    )
    if b"extraction" in fields:
        request.extraction.ParseFromString(fields[b"extraction"])
    for name, value in fields.items():
        kind, _, number = name.partition(b":")
        if kind == b"message":
            message = request.messages.add()
            message.ParseFromString(value)
            message.sequence = int(number)
        elif kind == b"memory":
            request.memories.add().ParseFromString(value)
    if b"withheld" in fields:
        first, _, last = fields[b"withheld"].partition(b":")
        request.first_withheld_sequence, request.last_withheld_sequence = int(first), int(last)
    return request


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
        found: Any = await self._client.xrange(
            records.outbox_key(partition), min=start, count=count
        )
        return [OutboxEntry.parse(entry_id, fields) for entry_id, fields in found]

    async def acknowledge(self, partition: int, entry: OutboxEntry) -> None:
        """Delete an entry that was delivered."""
        await self._client.xdel(records.outbox_key(partition), entry.id)

    async def dead_letter(self, partition: int, entry: OutboxEntry, reason: str) -> None:
        """Set an entry aside that will never be accepted, with the reason."""
        await _bury(
            self._client,
            records.outbox_key(partition),
            records.dead_key(partition),
            entry=entry.id,
            reason=reason,
        )

    async def end(self, partition: int) -> Position:
        """Return the position of the last entry of a partition."""
        last: Any = await self._client.xrevrange(records.outbox_key(partition), count=1)
        return position(last[0][0]) if last else ORIGIN

    async def withdraw(self, partition: int, session_uid: str) -> int:
        """Delete the entries of an incarnation, dead ones too, and return how many there were."""

        def concerns(entry: OutboxEntry) -> bool:
            try:
                return entry.request().session_uid == session_uid
            except DecodeError:
                return False

        return await self.erase(partition, concerns) + await self.erase_dead_letters(
            partition, concerns
        )

    async def erase(self, partition: int, concerns: Callable[[OutboxEntry], bool]) -> int:
        """Delete the entries of a user, and return how many there were."""
        return await self._erase(records.outbox_key(partition), concerns)

    async def erase_dead_letters(
        self, partition: int, concerns: Callable[[OutboxEntry], bool]
    ) -> int:
        """Delete the dead letters of a user, and return how many there were."""
        return await self._erase(records.dead_key(partition), concerns)

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
        """Return the partitions in which entries wait; one round trip where there are none."""
        asked = list(partitions)
        if not asked:
            return {}
        async with self._client.pipeline(transaction=False) as pipeline:
            for partition in asked:
                pipeline.xlen(records.outbox_key(partition))
            sizes = dict(zip(asked, await pipeline.execute(), strict=True))
        waiting = {partition: size for partition, size in sizes.items() if size}
        if not waiting:
            return {}
        async with self._client.pipeline(transaction=False) as pipeline:
            for partition in waiting:
                pipeline.xrange(records.outbox_key(partition), count=1)
            firsts = zip(waiting.items(), await pipeline.execute(), strict=True)
        return {
            partition: Backlog(size, position(first[0][0])[0])
            for (partition, size), first in firsts
            if first
        }


class Leases:
    """The partitions that one relay holds."""

    def __init__(self, client: Redis, partitions: int, seconds: float) -> None:
        """Hold none of the `partitions` yet; a lease lasts `seconds`."""
        self._holder = new_id()
        self._presence = Presence(client, records.RELAYS_KEY, seconds, name=self._holder)
        self._leases = [
            Lease(client, records.lease_key(partition), seconds, holder=self._holder)
            for partition in range(partitions)
        ]

    @property
    def held(self) -> frozenset[int]:
        """The partitions that are ours now."""
        return frozenset(filter(self.holds, range(len(self._leases))))

    def holds(self, partition: int) -> bool:
        """Return true if the partition is ours now."""
        return self._leases[partition].is_held

    async def refresh(self) -> frozenset[int]:
        """Renew what is held, and take what is free, up to a fair share.

        Returns:
            Partitions beyond the share, to be given back when nothing of theirs is under way.
        """
        share = -(-len(self._leases) // await self._presence.tell())
        await asyncio.gather(*(self._leases[partition].take() for partition in self._kept()))
        for partition in self._in_own_order():
            if len(self._kept()) >= share:
                break
            if not self._leases[partition].is_kept:
                await self._leases[partition].take()
        return frozenset(self._kept()[share:])

    async def release(self, partition: int) -> None:
        """Give a partition back."""
        await self._leases[partition].release()

    async def leave(self) -> None:
        """Give everything back, and count no longer."""
        for partition in self._kept():
            await self.release(partition)
        await self._presence.leave()

    def _kept(self) -> list[int]:
        return [partition for partition, lease in enumerate(self._leases) if lease.is_kept]

    def _in_own_order(self) -> list[int]:
        """All partitions; each relay begins elsewhere, so that they seldom reach for the same."""
        count = len(self._leases)
        start = hash(self._holder) % count
        return [(start + step) % count for step in range(count)]
