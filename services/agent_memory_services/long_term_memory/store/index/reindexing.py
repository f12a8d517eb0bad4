"""Building the next index beside the present one, and changing over without a pause.

    announce   every process that lives opens the next embedder, and writes to both indexes
    fill       each memory gets the vectors of the next index, made from its stored text
    build      the engine reads what is there into the next index
    switch     one write to the record; every process asks the next index from then on
    retire     no process asks the old index any more: it is dropped, and then its vectors

Each step looks at what is there, so a run that was killed continues where it stood when it is
started again.

Where only the words are cut otherwise than when a memory was stored, they are set anew in the same
index: no vector is made, and no index built.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import structlog
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.background import Lease
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import fields, terms, traits
from agent_memory_services.long_term_memory.domain.columns import is_row_of
from agent_memory_services.long_term_memory.domain.memory import MemoryVectors
from agent_memory_services.long_term_memory.store.documents import Shard, document
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space
from agent_memory_services.long_term_memory.store.index import generations, layout

log = structlog.get_logger()

_LOT: Final = 64
_LOOK_SECONDS: Final = 0.2
_FOLLOWED_WITHIN: Final = 120.0
# A search that embedded its question before the switch may still be on its way to the old index.
_GRACE_SECONDS: Final = 10.0

Progress = Callable[[str, int, int], None]
"""Told of a step, how many memories are done, and of how many."""


class ReindexError(Exception):
    """The index cannot be rebuilt now; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A memory as it lies in the store."""

    key: str
    tenant: str
    memory: Memory
    vectors: Sequence[bytes | None]


@scripts.script("agent_memory_services.long_term_memory.store", "lua/roster", "lua/refresh")
def _refresh(
    memory: scripts.Key,
    ledger: scripts.Key,
    rosters: scripts.Key,
    *,
    etag: str,
    fields: Mapping[str, scripts.Value],
) -> Any:
    """Set fields of a memory that nobody changed since it was read."""


def _refreshing(
    shard: Shard, key: str, etag: str, made: Mapping[str, scripts.Value]
) -> scripts.ScriptCall:
    tenant = shard.tenant_of(key)
    return _refresh.call(key, shard.ledger(tenant), shard.rosters(tenant), etag=etag, fields=made)


async def _keys_of(client: Redis, shard: Shard) -> AsyncIterator[list[str]]:
    """Yield the keys of all memories of a shard, some at a time."""
    lot: list[str] = []
    async for key in client.scan_iter(match=f"{shard.memory_prefix}*", count=1000):
        lot.append(key.decode())
        if len(lot) == _LOT:
            yield lot
            lot = []
    if lot:
        yield lot


class Rewording:
    """Sets the words of memories that were stored when texts were cut otherwise."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def over(self, shard: Shard, lease: Lease) -> None:
        """Bring a shard up to date once, while its lease is held.

        Raises:
            RedisError: the store went away; what was done stands.
        """
        if await self._client.get(shard.words) == _WORDS:
            return
        changed = 0
        async for keys in _keys_of(self._client, shard):
            if not await lease.take():
                return
            changed += await self.of(shard, keys)
        await self.done(shard)
        log.info("words.reindexed", memories=changed)

    async def of(self, shard: Shard, keys: Sequence[str]) -> int:
        """Bring memories up to date; answers how many were not."""
        wanted = [fields.RECORD, fields.ETAG, *_WORDED]
        async with self._client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hmget(key, wanted)
            rows = await pipeline.execute()
        calls = []
        for key, (record, etag, *before) in zip(keys, rows, strict=True):
            if record is not None and (words := _words(record, before[-1])) != before:
                made = dict(zip(_WORDED, words, strict=True))
                calls.append(_refreshing(shard, key, etag.decode(), made))
            # Long texts take a while, in which calls are served.
            await asyncio.sleep(0)
        for answer in await scripts.run_each(self._client, calls):
            if isinstance(answer, Exception):
                raise answer
        return len(calls)

    async def done(self, shard: Shard) -> None:
        """Note that a shard is up to date."""
        await self._client.set(shard.words, _WORDS)


_WORDED: Final = (fields.TEXT, fields.CONTEXT, fields.ROW)
_WORDS: Final = f"{terms.REVISION}.{traits.VERSION}".encode()


def _words(record: bytes, row: bytes | None) -> list[bytes]:
    """Return the words of a memory as they are to be stored, and its row."""
    memory = Memory.FromString(record)
    text, context = terms.words_of(memory.text), terms.words_of(memory.context)
    if row is None or not is_row_of(row, memory.etag):
        row = traits.row_of(memory, text=text, context=context)
    return [terms.indexed(text).encode(), terms.indexed(context).encode(), row]


class Reindexing:
    """Replaces the index of a store."""

    def __init__(
        self, client: Redis, wanted: layout.Generation, space: Space, progress: Progress
    ) -> None:
        """Replace it by the index that is wanted, whose number is found here, and its space."""
        self._client = client
        self._wanted = wanted
        self._space = space
        self._progress = progress

    async def run(self) -> bool:
        """Do what is left to do; False where the store has that index, and its words, already.

        Raises:
            ReindexError: another rebuild is under way, or a process cannot follow.
            ProviderUnavailable: the embedder is away.
        """
        indexes = await layout.read(self._client)
        if indexes is None:
            raise ReindexError("the store holds no memories yet; start the service instead")
        self._refuse_other(indexes)
        if indexes.current.layout == self._wanted.layout:
            if indexes.beside is None:
                return await self._reword()
            await (self._retire(indexes) if indexes.retiring else self._abandon(indexes))
            return True
        indexes = await self._announce(indexes)
        await self._build(indexes)
        await self._retire(await self._switch(indexes))
        return True

    async def _reword(self) -> bool:
        """Set the words of memories anew; False where all of them are up to date."""
        rewording = Rewording(self._client)
        done, changed, whole = 0, 0, await self._stored()
        for shard in self._shards():
            async for keys in _keys_of(self._client, shard):
                changed += await rewording.of(shard, keys)
                done += len(keys)
                self._progress("rewording", done, max(done, whole))
            await rewording.done(shard)
        return changed > 0

    def _refuse_other(self, indexes: layout.Indexes) -> None:
        stored, wanted = indexes.current.layout, self._wanted.layout
        if stored.shards != wanted.shards:
            raise ReindexError(f"the store has {stored.shards} shards, which never changes")
        if indexes.beside and wanted not in (stored, indexes.beside.layout):
            raise ReindexError(
                "another rebuild is not finished; run it again to its end, "
                "or with the settings of the present index to give it up"
            )
        if indexes.retiring and wanted != stored:
            raise ReindexError("the last rebuild is not finished; run it again to its end")

    async def _announce(self, indexes: layout.Indexes) -> layout.Indexes:
        if indexes.building is None:
            new = replace(self._wanted, number=indexes.current.number + 1)
            announced = layout.Indexes(indexes.current, new)
            # What a rebuild left that was given up under this number.
            await generations.index_of(self._client, new).drop()
            await self._forget(new)
            await self._advance(indexes, announced)
            indexes = announced
        await self._followed(indexes)
        return indexes

    async def _build(self, indexes: layout.Indexes) -> None:
        new = indexes.beside or indexes.current
        await self._fill(indexes.current, new)
        index = generations.index_of(self._client, new)
        await index.create()
        while await index.indexing():
            self._progress("building", 0, 0)
            await asyncio.sleep(_LOOK_SECONDS)
        # What a process wrote that had not followed yet, if any did.
        while await self._fill(indexes.current, new):
            pass

    async def _switch(self, indexes: layout.Indexes) -> layout.Indexes:
        new = indexes.beside or indexes.current
        switched = layout.Indexes(new, indexes.current)
        await self._advance(indexes, switched)
        await self._followed(switched)
        return switched

    async def _retire(self, indexes: layout.Indexes) -> None:
        await self._followed(indexes)
        old = indexes.beside or indexes.current
        await asyncio.sleep(_GRACE_SECONDS)
        await generations.index_of(self._client, old).drop()
        await self._fill(indexes.current, indexes.current)
        await self._forget(old)
        alone = layout.Indexes(indexes.current)
        await self._advance(indexes, alone)
        await self._followed(alone)
        # Until they had followed, processes still wrote the old vectors too.
        await self._forget(old)

    async def _abandon(self, indexes: layout.Indexes) -> None:
        """Give up an index that no process asked yet."""
        alone = layout.Indexes(indexes.current)
        await self._advance(indexes, alone)
        await self._followed(alone)
        unfinished = indexes.beside or indexes.current
        await generations.index_of(self._client, unfinished).drop()
        await self._forget(unfinished)

    async def _advance(self, before: layout.Indexes, after: layout.Indexes) -> None:
        if not await layout.advance(self._client, before, after):
            raise ReindexError("another rebuild got ahead of this one")

    async def _followed(self, indexes: layout.Indexes) -> None:
        """Wait until every process that lives does as the record says."""
        try:
            async with asyncio.timeout(_FOLLOWED_WITHIN):
                while behind := await self._behind(indexes):
                    if trouble := next(filter(None, behind), ""):
                        raise ReindexError(f"a process cannot follow: {trouble}")
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise ReindexError("a process does not follow; run this again when it does") from None

    async def _behind(self, indexes: layout.Indexes) -> list[str]:
        """Return the trouble of each process that has not followed."""
        numbers = indexes.numbers()
        known = await generations.readers(self._client)
        return [
            reader.trouble
            for reader in known.values()
            if (reader.current, reader.beside) != numbers
        ]

    async def _fill(self, old: layout.Generation, new: layout.Generation) -> int:
        """Give vectors to the memories without; answers how many there were."""
        done, filled, whole = 0, 0, await self._stored()
        field = fields.stored(fields.VECTOR, new.number)
        async for shard, keys in self._keys():
            async with self._client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.hexists(key, field)
                there = await pipeline.execute()
            missing = [key for key, has in zip(keys, there, strict=True) if not has]
            filled += await self._vectorize(shard, missing, old, new)
            done += len(keys)
            self._progress("filling", done, max(done, whole))
        return filled

    async def _vectorize(
        self, shard: Shard, keys: Sequence[str], old: layout.Generation, new: layout.Generation
    ) -> int:
        if not keys:
            return 0
        held = await self._read(shard, keys, old)
        found = await self._vectors(held, old, new)
        calls = []
        for each, vectors in zip(held, found, strict=True):
            if vectors is not None:
                each.memory.embedding_model = new.layout.fingerprint.digest
                made = document(each.tenant, each.memory, vectors)
                calls.append(_refreshing(shard, each.key, each.memory.etag, made))
        answers = await scripts.run_each(self._client, calls)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return len(answers)

    async def _read(self, shard: Shard, keys: Sequence[str], old: layout.Generation) -> list[_Held]:
        tenants = await self._tenants(shard)
        vectors = [fields.stored(name, old.number) for name in fields.VECTORS]
        async with self._client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hmget(key, [fields.RECORD, *vectors])
            rows = await pipeline.execute()
        return [
            _Held(key, tenants[_tenant(shard, key)], Memory.FromString(record), before)
            for key, (record, *before) in zip(keys, rows, strict=True)
            if record is not None
        ]

    async def _vectors(
        self, held: Sequence[_Held], old: layout.Generation, new: layout.Generation
    ) -> list[MemoryVectors | None]:
        """Make the vectors of memories: the old ones in other numbers, if the model is the same."""
        same = old.layout.fingerprint == new.layout.fingerprint
        if same and all(each.vectors[0] for each in held):
            return [_converted(each.vectors, old, new) for each in held]
        space = self._space
        made = await space.of_memories([each.memory for each in held])
        return [found and replace(found, generation=new.number) for found in made]

    async def _forget(self, old: layout.Generation) -> None:
        """Remove the vectors of an index that is gone."""
        own = [fields.stored(name, old.number) for name in fields.VECTORS]
        done, whole = 0, await self._stored()
        async for _, keys in self._keys():
            async with self._client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.hdel(key, *own)
                await pipeline.execute()
            done += len(keys)
            self._progress("removing", done, max(done, whole))

    async def _stored(self) -> int:
        """Count the memories."""
        sizes = [size for shard in self._shards() for size in await self._client.hvals(shard.sizes)]
        return sum(map(int, sizes))

    async def _tenants(self, shard: Shard) -> Mapping[str, str]:
        names = cast("set[bytes]", await self._client.smembers(shard.tenants))
        return {encode(name): name for name in map(bytes.decode, names)}

    async def _keys(self) -> AsyncIterator[tuple[Shard, list[str]]]:
        """Yield the keys of all memories, some at a time."""
        for shard in self._shards():
            async for keys in _keys_of(self._client, shard):
                yield shard, keys

    def _shards(self) -> Iterable[Shard]:
        return map(Shard, range(self._wanted.layout.shards))


def _tenant(shard: Shard, key: str) -> str:
    """Return the encoded tenant in a memory's key."""
    return key.removeprefix(shard.memory_prefix).partition(":")[0]


def _converted(
    vectors: Sequence[bytes | None], old: layout.Generation, new: layout.Generation
) -> MemoryVectors:
    text, context = vectors
    return MemoryVectors(
        _packed(text or b"", old, new),
        None if context is None else _packed(context, old, new),
        new.number,
    )


def _packed(vector: bytes, old: layout.Generation, new: layout.Generation) -> bytes:
    numbers = np.frombuffer(vector, old.vectors.precision).astype(np.float32)
    return new.vectors.packed(numbers[None, :])[0]
