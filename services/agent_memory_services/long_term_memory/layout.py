"""What the indexes of a store were built for, kept beside them.

Vectors of two models cannot be compared, and a memory is looked for in the shard its tenant maps
to. A process that would read a store otherwise than it was written is refused before it serves.
"""

from dataclasses import asdict, dataclass
from itertools import chain
from typing import Final, Self

from redis.asyncio import Redis

from agent_memory_services.long_term_memory.embeddings.base import Fingerprint
from agent_memory_services.long_term_memory.keys import Shard
from agent_memory_services.long_term_memory.schema import REVISION, VectorIndex
from agent_memory_services.runtime.redis import Script

_claim: Final = Script("agent_memory_services.long_term_memory", "lua/claim")


class LayoutMismatchError(Exception):
    """The store was written for other settings; the message names them and the cure."""

    def __init__(self, stored: dict[str, str], wanted: dict[str, str]) -> None:
        differing = [name for name in wanted if stored.get(name) != wanted[name]]
        lines = [
            f"  {name}: {stored.get(name, 'unknown')}, not {wanted[name]}" for name in differing
        ]
        super().__init__(
            "the memories in the store were written for other settings:\n"
            + "\n".join(lines)
            + "\nSet them back, or rebuild the index with `agent-memory reindex`."
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """What has to be the same for every process that uses a store.

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
        """What a process is set to."""
        return cls(
            model=fingerprint.model,
            model_version=fingerprint.version,
            dimension=fingerprint.dimension,
            normalized=fingerprint.normalized,
            vectors=str(vectors),
            shards=shards,
        )

    async def claim(self, client: Redis) -> None:
        """Write the layout into a new store, or compare it with that of one in use.

        Raises:
            LayoutMismatchError: the store was written for another layout.
        """
        wanted = {name: str(value) for name, value in asdict(self).items()}
        parts = list(chain.from_iterable(wanted.items()))
        # The first shard exists whatever the number of shards, so that a changed number shows.
        for shard in map(Shard, range(self.shards)):
            answer = [part.decode() for part in await _claim(client, [shard.layout], parts)]
            stored = dict(zip(answer[::2], answer[1::2], strict=True))
            if stored != wanted:
                raise LayoutMismatchError(stored, wanted)
