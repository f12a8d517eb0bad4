"""Traces of a user's memories in the store, and their erasure."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract import clock, ids
from agent_memory_services.kit.contract.messages import batched
from agent_memory_services.kit.redis import scripts
from agent_memory_services.long_term_memory.domain.scope import Subject
from agent_memory_services.long_term_memory.store.documents import Shard, shard_of

_PACKAGE: Final = "agent_memory_services.long_term_memory.store"
_BARRED_MS: Final = 24 * 60 * 60 * 1000
"""How long nothing of an erased session is taken in: longer than anything is on its way."""
_AT_A_TIME: Final = 500
_BEFORE: Final = b":before"
_COUNTER: Final = b"last"


@scripts.script(_PACKAGE, "lua/roster", "lua/erase")
def _erase(
    memory: scripts.Key,
    revisions: scripts.Key,
    dirty: scripts.Key,
    left: scripts.Key,
    sizes: scripts.Key,
    *,
    feed: scripts.Key,
    ledger: scripts.Key,
    rosters: scripts.Key,
    etag: str,
    digest_prefix: str,
    memory_id: str,
    tenant: str,
) -> Any:
    """Erase a memory as it was read, with everything it ever was."""


@scripts.script(_PACKAGE, "lua/trim")
def _trim(memory: scripts.Key, revisions: scripts.Key, *, fields: Sequence[bytes]) -> Any:
    """Remove revisions of a memory."""


class Traces:
    """The records of all tenants, their past, and what tells of them."""

    def __init__(self, client: Redis, shards: int) -> None:
        """Look where a `MemoryStore` of so many shards keeps them."""
        self._client = client
        self._shards = shards

    async def bar(self, tenant: str, user: str, session_uids: Iterable[str]) -> None:
        """Take in nothing of a user's that comes from these incarnations any more."""
        until = clock.now_micros() + _BARRED_MS * 1000
        if not (members := {ids.fence_name(tenant, user, uid): until for uid in session_uids}):
            return
        key = self._shard(tenant).erased(tenant)
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.zremrangebyscore(key, "-inf", clock.now_micros())
            pipeline.zadd(key, members)
            pipeline.pexpire(key, _BARRED_MS)
            await pipeline.execute()

    async def erase(self, tenant: str, memories: Sequence[Memory]) -> int:
        """Erase memories as they were read, with all their revisions; how many there were."""
        shard = self._shard(tenant)
        calls = [
            _erase.call(
                shard.memory(tenant, memory.id),
                shard.revisions(tenant, memory.id),
                shard.dirty(tenant),
                shard.left(tenant, memory.user_id),
                shard.sizes,
                feed=shard.feed(tenant),
                ledger=shard.ledger(tenant),
                rosters=shard.rosters(tenant),
                etag=memory.etag,
                digest_prefix=shard.digest_prefix(tenant),
                memory_id=memory.id,
                tenant=tenant,
            )
            for memory in memories
        ]
        answers = await scripts.run_each(self._client, calls)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return sum(answers)

    async def erase_former(self, subject: Subject) -> int:
        """Erase what is kept of memories that were the user's; how many there were."""
        shard = self._shard(subject.tenant)
        key = shard.left(subject.tenant, subject.user)
        erased = 0
        while found := await self._members(key):
            for member in found:
                await self._forget_past(subject, shard, member.decode())
            # Only now: what is interrupted is found again.
            await self._client.zrem(key, *found)
            erased += len(found)
        return erased

    async def erase_changes(self, subject: Subject) -> int:
        """Erase what watchers would still be told; how many changes there were."""
        key = self._shard(subject.tenant).feed(subject.tenant)
        erased, start = 0, "-"
        while True:
            entries: Any = await self._client.xrange(key, min=start, count=_AT_A_TIME)
            if not entries:
                return erased
            start = f"({entries[-1][0].decode()}"
            doomed = [entry_id for entry_id, fields in entries if _tells(subject, fields)]
            if doomed:
                erased += int(await self._client.xdel(key, *doomed))

    async def erase_past(self, tenant: str, memory_ids: Collection[str]) -> None:
        """Erase the revisions of memories that are gone, and what is told of them to watchers."""
        shard = self._shard(tenant)
        wanted = {memory_id.encode() for memory_id in memory_ids}
        key, start = shard.feed(tenant), "-"
        while True:
            entries: Any = await self._client.xrange(key, min=start, count=_AT_A_TIME)
            if not entries:
                break
            start = f"({entries[-1][0].decode()}"
            doomed = [entry_id for entry_id, fields in entries if fields[b"id"] in wanted]
            if doomed:
                await self._client.xdel(key, *doomed)
        # Only now: what is interrupted is found again by its revisions.
        for ids_ in batched(memory_ids, _AT_A_TIME):
            async with self._client.pipeline(transaction=False) as pipeline:
                for memory_id in ids_:
                    pipeline.unlink(shard.revisions(tenant, memory_id))
                await pipeline.execute()

    async def gone(self, tenant: str, user: str, reason: str) -> AsyncIterator[Memory]:
        """Yield the memories of a user that were deleted for a reason and still have a past."""
        shard = self._shard(tenant)
        key, start = shard.left(tenant, user), 0
        while True:
            found: Any = await self._client.zrange(key, start, start + _AT_A_TIME - 1)
            if not found:
                return
            start += len(found)
            histories = [shard.revisions(tenant, member.decode()) for member in found]
            last = await self._fields(histories, [(_COUNTER,)] * len(histories))
            known = [
                (history, number)
                for history, (number,) in zip(histories, last, strict=True)
                if number is not None
            ]
            latest = await self._fields(
                [history for history, _ in known],
                [(number, number + _BEFORE) for _, number in known],
            )
            for revision, before in latest:
                if revision and before and ltm.MemoryRevision.FromString(revision).reason == reason:
                    yield Memory.FromString(before)

    async def _fields(
        self, keys: Sequence[str], names: Sequence[tuple[bytes, ...]]
    ) -> list[list[bytes | None]]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for key, wanted in zip(keys, names, strict=True):
                pipeline.hmget(key, list(wanted))
            return await pipeline.execute()

    async def _members(self, key: str) -> list[bytes]:
        found: Any = await self._client.zrange(key, 0, _AT_A_TIME - 1)
        return list(found)

    async def _forget_past(self, subject: Subject, shard: Shard, memory_id: str) -> None:
        """Erase the revisions of a memory up to the last that shows the user's words."""
        keys = (shard.memory(subject.tenant, memory_id), shard.revisions(subject.tenant, memory_id))
        kept: list[bytes] = []
        last = 0
        async for field, value in self._client.hscan_iter(keys[1]):
            if field != _COUNTER:
                kept.append(field)
            if field.endswith(_BEFORE) and subject.said(Memory.FromString(value)):
                last = max(last, _number(field))
        doomed = [field for field in kept if _number(field) <= last]
        for start in range(0, len(doomed), _AT_A_TIME):
            await _trim(self._client, *keys, fields=doomed[start : start + _AT_A_TIME])

    def _shard(self, tenant: str) -> Shard:
        return shard_of(tenant, self._shards)


def _number(field: bytes) -> int:
    return int(field.removesuffix(_BEFORE))


def _tells(subject: Subject, fields: dict[bytes, bytes]) -> bool:
    records = (fields[name] for name in (b"before", b"after") if name in fields)
    return any(subject.said(Memory.FromString(record)) for record in records)
