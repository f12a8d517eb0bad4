"""Memories in the store, by id. A write is one atomic step; searching is elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, Final, cast

from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory import schema
from agent_memory_services.long_term_memory.documents import (
    READ,
    MemoryVectors,
    absent_fields,
    document,
    memory_of,
)
from agent_memory_services.long_term_memory.keys import Shard, shard_of
from agent_memory_services.long_term_memory.scripts import ScriptCall, run_each
from agent_memory_services.runtime.redis import Script

_PACKAGE: Final = "agent_memory_services.long_term_memory"
_insert: Final = Script(_PACKAGE, "lua/holder", "lua/insert")
_replace: Final = Script(_PACKAGE, "lua/holder", "lua/replace")
_delete: Final = Script(_PACKAGE, "lua/delete")
_touch: Final = Script(_PACKAGE, "lua/touch")

# Adding to a graph of vectors takes the store a while; others get a turn between two lots.
_INSERTS_PER_ROUND: Final = 32


class WriteOutcome(StrEnum):
    """What became of a write."""

    CREATED = "created"
    REPLACED = "replaced"
    SAME = "same"
    """The id holds the same content."""
    TAKEN = "taken"
    """The id holds other content."""
    DUPLICATE = "duplicate"
    """Another id holds the same content."""
    MISSING = "missing"
    STALE = "stale"
    """Somebody else changed the memory since it was read."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write, and the memory that was in its way, if one was."""

    outcome: WriteOutcome
    other: Memory | None = None


class MemoryStore:
    """The memories of all tenants."""

    def __init__(self, client: Redis, shards: int) -> None:
        """Keep memories in `shards` parts; the number can never change."""
        self._client = client
        self._shards = shards

    def shard(self, tenant: str) -> Shard:
        """The shard that holds a tenant."""
        return shard_of(tenant, self._shards)

    async def insert(
        self,
        tenant: str,
        memories: Sequence[tuple[Memory, MemoryVectors]],
        *,
        deduplicate: bool,
        now: int,
    ) -> list[Written | Exception]:
        """Store memories one after the other, each with an eye on those before it.

        A memory is found by every search that starts after its turn.

        Returns:
            What became of each, or the error that the store answered it with.

        Raises:
            RedisError: the store went away; what is stored and what is not is unknown.
        """
        shard = self.shard(tenant)
        calls = [
            ScriptCall(
                keys=(shard.memory(tenant, memory.id), shard.digest(tenant, memory.content_hash)),
                args=(
                    now,
                    memory.content_hash,
                    int(deduplicate),
                    schema.ACCESS_COUNT,
                    0,
                    *_pairs(document(tenant, memory, vectors)),
                ),
            )
            for memory, vectors in memories
        ]
        answers: list[Any] = []
        for start in range(0, len(calls), _INSERTS_PER_ROUND):
            round_ = calls[start : start + _INSERTS_PER_ROUND]
            answers += await run_each(self._client, _insert, round_)
        return [answer if isinstance(answer, Exception) else _written(answer) for answer in answers]

    async def replace(
        self,
        tenant: str,
        before: Memory,
        after: Memory,
        vectors: MemoryVectors | None,
        *,
        now: int,
    ) -> Written:
        """Put a memory in the place of what was read, if that is still there.

        Args:
            tenant: whose memory.
            before: the memory as it was read.
            after: the memory as it shall be, under the same id.
            vectors: its vectors, or None to keep those it has.
            now: the present, in microseconds.
        """
        shard = self.shard(tenant)
        removed = absent_fields(after)
        answer = await _replace(
            self._client,
            (
                shard.memory(tenant, before.id),
                shard.digest(tenant, before.content_hash),
                shard.digest(tenant, after.content_hash),
            ),
            (
                now,
                after.content_hash,
                before.etag,
                len(removed),
                *removed,
                *_pairs(document(tenant, after, vectors)),
            ),
        )
        return _written(answer)

    async def get(self, tenant: str, ids: Sequence[str]) -> list[Memory | None]:
        """The memories of these ids, None for an id that has none."""
        shard = self.shard(tenant)
        async with self._client.pipeline(transaction=False) as pipeline:
            for memory_id in ids:
                pipeline.hmget(shard.memory(tenant, memory_id), READ)
            return [memory_of(values) for values in await pipeline.execute()]

    async def delete(self, tenant: str, ids: Sequence[str]) -> list[bool]:
        """Delete memories; says of each whether it was there."""
        shard = self.shard(tenant)
        prefix = shard.digest_prefix(tenant)
        calls = [ScriptCall((shard.memory(tenant, memory_id),), (prefix,)) for memory_id in ids]
        answers = await run_each(self._client, _delete, calls)
        return [bool(answer) for answer in _sound(answers)]

    async def touch(self, tenant: str, ids: Sequence[str], *, now: int, interval: int) -> int:
        """Note that memories were found at `now`, each at most once per `interval`.

        Both are in microseconds. A memory that is gone stays gone.

        Returns:
            How many were noted.
        """
        shard = self.shard(tenant)
        keys = [shard.memory(tenant, memory_id) for memory_id in ids]
        return cast("int", await _touch(self._client, keys, (now, interval)))


def _pairs(fields: Mapping[str, str | bytes]) -> Iterator[str | bytes]:
    """Names and values in turn, as scripts take them."""
    return chain.from_iterable(fields.items())


def _written(answer: Sequence[bytes | None]) -> Written:
    outcome, *other = answer
    return Written(
        WriteOutcome(cast("bytes", outcome).decode()),
        memory_of(other + [None] * (len(READ) - len(other))),
    )


def _sound(answers: Sequence[Any]) -> Iterator[Any]:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
        yield answer
