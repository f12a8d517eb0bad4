"""Record of the settings that the indexes of a store are built for, kept beside them.

Vectors of two models cannot be compared, and a memory is looked for in the shard its tenant maps
to. A process that would read a store otherwise than it was written is refused before it serves.

An index takes the place of another one in generations. While the next is being built, and until
every process has left the one before, the record names two: the current one answers questions,
and every write goes to both.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, cast

import orjson
from redis.asyncio import Redis

from agent_memory_services.kit.contract.store_errors import UnusableStoreError
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.embeddings.base import Fingerprint
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from agent_memory_services.long_term_memory.store.index.index import REVISION, VectorIndex

# What another process needs, besides what it knows itself, to embed alike. No secret is among it.
_SHARED: Final = frozenset({"provider", "model", "base_url", "dimension", "model_dir"})

# One record says for all shards, so that all of them change at one moment. The first shard exists
# whatever their number.
RECORD: Final = Shard(0).layout


class LayoutMismatchError(UnusableStoreError):
    """The store was written for other settings; the message names them and the cure."""

    def __init__(self, stored: "Layout", wanted: "Layout") -> None:
        before, after = asdict(stored), asdict(wanted)
        lines = [
            f"  {name}: {before[name]}, not {after[name]}"
            for name in after
            if before[name] != after[name]
        ]
        super().__init__(
            "the memories in the store were written for other settings:\n"
            + "\n".join(lines)
            + "\nSet them back, or rebuild the index for the new ones with `agent-memory reindex`;"
            + " the number of shards never changes."
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """Settings that have to be the same for every process that uses an index.

    Attributes:
        model: name of the embedding model.
        model_version: version of its weights.
        dimension: numbers per vector.
        normalized: whether vectors have unit length.
        vectors: how vectors are indexed.
        shards: number of shards.
        schema: revision of the index's fields.
    """

    model: str
    model_version: str
    dimension: int
    normalized: bool
    vectors: str
    shards: int
    schema: int = REVISION

    @classmethod
    def of(cls, fingerprint: Fingerprint, vectors: VectorIndex, shards: int) -> Self:
        """Return the layout that a process is set to."""
        return cls(
            model=fingerprint.model,
            model_version=fingerprint.version,
            dimension=fingerprint.dimension,
            normalized=fingerprint.normalized,
            vectors=str(vectors),
            shards=shards,
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """Fingerprint of the vectors."""
        return Fingerprint(self.model, self.model_version, self.dimension, self.normalized)


@dataclass(frozen=True, slots=True)
class Generation:
    """An index that is, was or is going to be asked.

    Attributes:
        number: counts up with each index that replaces another.
        layout: what it is built for.
        vectors: how vectors are indexed, as the engine has to be told.
        embedding: which embedder to open for it.
    """

    number: int
    layout: Layout
    vectors: VectorIndex
    embedding: dict[str, Any]

    @classmethod
    def of(
        cls,
        fingerprint: Fingerprint,
        vectors: VectorIndex,
        shards: int,
        embedding: EmbeddingSettings,
        number: int = fields.FIRST_GENERATION,
    ) -> Self:
        """Return the index that a process is set to."""
        shared = embedding.model_dump(mode="json", include=set(_SHARED))
        return cls(number, Layout.of(fingerprint, vectors, shards), vectors, shared)

    def opened_by(self, settings: EmbeddingSettings) -> EmbeddingSettings:
        """Return the settings by which a process opens the embedder of this generation."""
        return EmbeddingSettings.model_validate({**settings.model_dump(), **self.embedding})

    def pack(self) -> bytes:
        """Return the generation as the store keeps it."""
        return orjson.dumps({**asdict(self), "vectors": self.vectors.model_dump()})

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Return the generation that the store keeps."""
        found = orjson.loads(packed)
        layout, vectors = Layout(**found["layout"]), VectorIndex(**found["vectors"])
        return cls(found["number"], layout, vectors, found["embedding"])


@dataclass(frozen=True, slots=True)
class Indexes:
    """Content of a store's record.

    Attributes:
        current: the index that is asked.
        beside: the index that is being built, or the one before where some process may still ask
            it; writes go there too.
    """

    current: Generation
    beside: Generation | None = None

    @property
    def building(self) -> Generation | None:
        """The index that is going to be asked, if there is one."""
        other = self.beside
        return other if other and other.number > self.current.number else None

    @property
    def retiring(self) -> Generation | None:
        """The index that was asked before, if it is still there."""
        return None if self.building else self.beside

    def of(self, layout: Layout) -> Generation:
        """Return the index that is built for a layout, or else the current one."""
        other = self.beside
        return other if other and other.layout == layout else self.current

    def numbers(self) -> tuple[int, int]:
        """Return the numbers of both, 0 for none."""
        return self.current.number, self.beside.number if self.beside else 0


async def claim(client: Redis, mine: Generation) -> Indexes:
    """Write what a process is set to into a new store, or compare it with that of one in use.

    Raises:
        LayoutMismatchError: the store is written for another layout, and not about to change
            over to this one.
    """
    found = await _exchange(client, None, Indexes(mine))
    known = {generation.layout for generation in (found.current, found.building) if generation}
    if mine.layout not in known:
        raise LayoutMismatchError(found.current.layout, mine.layout)
    return found


async def read(client: Redis) -> Indexes | None:
    """Read the record; None where the store is new."""
    given = await client.hmget(RECORD, ["current", "beside"])
    current, beside = cast("list[bytes | None]", given)
    return _indexes(current, beside) if current else None


async def as_stored(client: Redis, vectors: VectorIndex, unset: Collection[str]) -> VectorIndex:
    """Return the settings of an index, with those that are unset as the store has them.

    A store that is new has none.
    """
    if (found := await read(client)) is None:
        return vectors
    return vectors.model_copy(update=found.current.vectors.model_dump(include=set(unset)))


async def advance(client: Redis, before: Indexes, after: Indexes) -> bool:
    """Put a record in the place of another; False where another process did so first."""
    return await _exchange(client, before, after) == after


async def _exchange(client: Redis, before: Indexes | None, after: Indexes) -> Indexes:
    found = await _layout(client, RECORD, before=_Packed.of(before), after=_Packed.of(after))
    return _indexes(*found)


@dataclass(frozen=True, slots=True)
class _Packed:
    """A record as the store has it; an empty field is none."""

    current: bytes
    beside: bytes

    @classmethod
    def of(cls, indexes: Indexes | None) -> Self:
        if indexes is None:
            return cls(b"", b"")
        return cls(indexes.current.pack(), indexes.beside.pack() if indexes.beside else b"")


@script("agent_memory_services.long_term_memory.store", "lua/layout")
def _layout(record: Key, *, before: _Packed, after: _Packed) -> Any:
    """Put one record in the place of another, if that one still holds."""


def _indexes(current: bytes, beside: bytes | None) -> Indexes:
    return Indexes(Generation.unpack(current), Generation.unpack(beside) if beside else None)
