"""Memories in the store, by id. Writes are commits; searching is elsewhere."""

from collections.abc import Sequence
from typing import Any, Final, cast

from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.redis import scripts
from agent_memory_services.long_term_memory.domain import conflicts, fields, memory
from agent_memory_services.long_term_memory.store import documents
from agent_memory_services.long_term_memory.store.commit import (
    Commit,
    CommitContext,
    CommitOutcome,
    commit_of,
)
from agent_memory_services.long_term_memory.store.keys import Shard, shard_of

# Adding to a graph of vectors takes the store a while; others get a turn between two lots.
_COMMITS_PER_ROUND: Final = 32


@scripts.script("agent_memory_services.long_term_memory.store", "lua/touch")
def _touch(memories: Sequence[scripts.Key], *, now: int, interval: int) -> Any:
    """Note that memories were found."""


class MemoryStore:
    """The memories of all tenants.

    Attributes:
        generations: of the index, whose vectors a memory has; first the one that is asked.
    """

    def __init__(
        self, client: Redis, shards: int, limits: memory.HistoryLimits | None = None
    ) -> None:
        """Keep memories in `shards` parts, which can never change, and so much of their past."""
        self._client = client
        self._shards = shards
        self.generations: tuple[int, ...] = (fields.FIRST_GENERATION,)
        self._limits = limits or memory.HistoryLimits()

    def shard(self, tenant: str) -> Shard:
        """Return the shard that holds a tenant."""
        return shard_of(tenant, self._shards)

    async def commit(
        self, tenant: str, changes: Sequence[memory.Change], *, actor: str, now: int
    ) -> Commit:
        """Make several changes, each of another memory, or none of them.

        Whatever happens on the way, all of it stands or nothing does: records, the claims on their
        contents, revisions, the feed, and what is left for consolidation. A conflict that they
        settle is no longer noted, neither on the changed memories nor on the others.

        Args:
            tenant: whose memories.
            changes: what shall be; at least one.
            actor: who changes them, for their history.
            now: the present, in microseconds.

        Returns:
            That they are made, or which of them was hindered by what.

        Raises:
            RedisError: the store went away; whether they are made is unknown.
        """
        rivals = await self._rivals(tenant, changes)
        also = conflicts.settled(changes, rivals, (), now) if _in_conflict(changes) else []
        call = self._commission(tenant, actor, now).call([*changes, *also])
        return _within(commit_of(await call.run(self._client)), changes)

    async def commit_each(
        self, tenant: str, changes: Sequence[memory.Change], *, actor: str, now: int
    ) -> list[Commit | Exception]:
        """Make changes one after the other, each for itself with an eye on those before it.

        A created memory is found by every search that starts after its turn.

        Returns:
            What became of each, or the error that the store answered it with.

        Raises:
            RedisError: the store went away; which changes are made is unknown.
        """
        commission = self._commission(tenant, actor, now)
        rivals = await self._rivals(tenant, changes)
        leaving = {change.memory.id for change in changes if change.after is None}
        calls = [
            commission.call(
                [change, *conflicts.settled([change], rivals, leaving, now)]
                if _in_conflict([change])
                else [change]
            )
            for change in changes
        ]
        answers: list[Any] = []
        for start in range(0, len(calls), _COMMITS_PER_ROUND):
            round_ = calls[start : start + _COMMITS_PER_ROUND]
            answers += await scripts.run_each(self._client, round_)
        return [
            answer if isinstance(answer, Exception) else _within(commit_of(answer), [change])
            for change, answer in zip(changes, answers, strict=True)
        ]

    async def get(self, tenant: str, ids: Sequence[str]) -> list[Memory | None]:
        """Read the memories of these ids, None for an id that has none."""
        shard = self.shard(tenant)
        async with self._client.pipeline(transaction=False) as pipeline:
            for memory_id in ids:
                pipeline.hmget(shard.memory(tenant, memory_id), documents.READ)
            return [documents.memory_of(values) for values in await pipeline.execute()]

    async def get_whole(self, tenant: str, ids: Sequence[str]) -> list[memory.StoredMemory | None]:
        """Read the memories of these ids with their vectors, None for an id that has none."""
        shard = self.shard(tenant)
        async with self._client.pipeline(transaction=False) as pipeline:
            for memory_id in ids:
                pipeline.hmget(shard.memory(tenant, memory_id), documents.whole(self.generations))
            return [
                documents.stored_of(values, self.generations) for values in await pipeline.execute()
            ]

    async def touch(self, tenant: str, ids: Sequence[str], *, now: int, interval: int) -> int:
        """Note that memories were found at `now`, each at most once per `interval`.

        Both are in microseconds. A memory that is gone stays gone.

        Returns:
            How many were noted.
        """
        shard = self.shard(tenant)
        keys = [shard.memory(tenant, memory_id) for memory_id in ids]
        return cast("int", await _touch(self._client, keys, now=now, interval=interval))

    async def _rivals(self, tenant: str, changes: Sequence[memory.Change]) -> dict[str, Memory]:
        """Read the memories whose conflicts changes settle; most changes settle none."""
        if not _in_conflict(changes) or not (wanted := conflicts.concerned(changes)):
            return {}
        return {each.id: each for each in await self.get(tenant, wanted) if each is not None}

    def _commission(self, tenant: str, actor: str, now: int) -> CommitContext:
        return CommitContext(self.shard(tenant), tenant, actor, now, self._limits)


def _in_conflict(changes: Sequence[memory.Change]) -> bool:
    return any(each.before is not None and each.before.conflicts_with for each in changes)


def _within(commit: Commit, changes: Sequence[memory.Change]) -> Commit:
    """Return the outcome for who asked; a rival that changed meanwhile needs a new look."""
    if commit.committed or commit.at < len(changes):
        return commit
    return Commit(CommitOutcome.STALE)
