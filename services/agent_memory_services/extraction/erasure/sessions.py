"""The sessions of a user in the queue, and erasing one of them."""

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from redis.typing import EncodableT

from agent_memory_services.extraction.queue.identity import partition_prefix
from agent_memory_services.extraction.queue.store import Step, Store
from agent_memory_services.runtime.clock import now_micros
from agent_memory_services.runtime.fences import fence_name
from agent_memory_services.runtime.keys import decode, encode

_ERASE: Final = Step("erase")
_AT_A_TIME: Final = 100
_CHANGES_AT_A_TIME: Final = 1000
_BARRED_MS: Final = 24 * 60 * 60 * 1000
"""How long nothing of an erased session is taken in: longer than anything is on its way."""


@dataclass(frozen=True, slots=True)
class SessionPlace:
    """A session in the queue, as it is spelled there."""

    partition: int
    key: str

    @property
    def thread_key(self) -> str:
        """Its thread."""
        return self.key.rpartition(":")[0]

    @property
    def uid(self) -> str:
        """Its incarnation."""
        return decode(self.key.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Erased:
    """What went with a session, and whether it had begun before it had an owner."""

    jobs: int
    messages: int
    owned_late: bool


class OwnedSessions:
    """The sessions of one owner in every partition; the empty owner is nobody in particular."""

    def __init__(self, store: Store, tenant: str, owner: str) -> None:
        self._store = store
        self._tenant = tenant
        self._owner = owner

    async def first(self, partition: int) -> list[SessionPlace]:
        """Some of those that a partition holds; none where it holds none."""
        found: Any = await self._store.client.zrange(self._key(partition), 0, _AT_A_TIME - 1)
        return [SessionPlace(partition, member.decode()) for member in found]

    async def every(self, partition: int) -> AsyncIterator[SessionPlace]:
        """All that a partition holds."""
        async for member, _ in self._store.client.zscan_iter(self._key(partition)):
            yield SessionPlace(partition, member.decode())

    async def erase(self, place: SessionPlace) -> Erased:
        """Erase a session, in steps that each take no longer than any other."""
        jobs = messages = 0
        after: bytes = b""
        late = 0
        while True:
            step: list[EncodableT] = [
                place.key,
                place.thread_key,
                encode(self._owner),
                fence_name(self._tenant, self._owner, place.uid),
                fence_name(self._tenant, "", place.uid),
                _BARRED_MS,
                after,
            ]
            answer = await self._store.take(_ERASE, place.partition, step)
            jobs += answer[0]
            messages += answer[1]
            late = late or answer[2]
            after = answer[3]
            if not after:
                return Erased(jobs, messages, bool(late))

    def _key(self, partition: int) -> str:
        return f"{partition_prefix(partition)}owned:{encode(self._tenant)}:{encode(self._owner)}"


async def bar(store: Store, tenant: str, owner: str, uids: Iterable[str]) -> None:
    """Take in nothing of an owner's incarnations any more, wherever they would arrive.

    What another owner or tenant has under the same name is taken in as before.
    """
    until = now_micros() + _BARRED_MS * 1000
    if not (members := {fence_name(tenant, owner, uid): until for uid in uids}):
        return
    async with store.client.pipeline(transaction=False) as pipeline:
        for partition in range(store.partitions):
            key = f"{partition_prefix(partition)}erased"
            pipeline.zadd(key, members)
            pipeline.pexpire(key, _BARRED_MS)
        await pipeline.execute()


async def erase_changes(store: Store, partition: int, session_keys: Collection[str]) -> int:
    """Delete what watchers would still be told of sessions; how many entries there were."""
    key = f"{partition_prefix(partition)}changes"
    wanted = {session.encode() for session in session_keys}
    erased, start = 0, "-"
    while True:
        entries: Any = await store.client.xrange(key, min=start, count=_CHANGES_AT_A_TIME)
        if not entries:
            return erased
        start = f"({entries[-1][0].decode()}"
        doomed = [entry_id for entry_id, fields in entries if fields[b"session"] in wanted]
        if doomed:
            erased += int(await store.client.xdel(key, *doomed))
