"""Histories over a store whose vectors are the lengths of texts."""

from collections.abc import Sequence

import numpy as np
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.long_term_memory.domain.memory import Change
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.history.revert import Reversal, Reverter
from agent_memory_services.long_term_memory.store.embeddings.base import (
    Fingerprint,
    ProviderUnavailable,
    Vectors,
)
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import VectorIndex
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.revisions import RevisionLog
from tests.integration.long_term_memory.conftest import DIMENSION, SHARDS, changed, vectors

TENANT = "acme"


class Lengths:
    """Embeds a text as its length, and remembers what it was asked."""

    fingerprint = Fingerprint("lengths", "1", DIMENSION, normalized=True)

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """The lengths, unless it is away."""
        if self.away:
            raise ProviderUnavailable("away")
        self.asked += texts
        rows = [(len(text), *(0,) * (DIMENSION - 1)) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, DIMENSION)

    async def aclose(self) -> None:
        """Nothing to close."""


class Reverting:
    """Reverts of one tenant, and what they leave."""

    def __init__(self, client: Redis, store: MemoryStore, scope: Scope) -> None:
        self.embedder = Lengths()
        self.log = RevisionLog(client, SHARDS)
        self.store = store
        self.scope = scope
        self._reverter = Reverter(
            store, self.log, Vectorizer(Space(self.embedder, VectorIndex(algorithm="flat")))
        )

    async def __call__(
        self,
        memory: Memory | str,
        revision_id: str = "",
        *,
        scope: Scope | None = None,
        **more: str,
    ) -> list[Memory]:
        """Take a change back."""
        memory_id = memory if isinstance(memory, str) else memory.id
        asked = Reversal(memory_id, revision_id, **{"actor": "reverter", **more})
        return await self._reverter.revert(scope or self.scope, asked)

    async def texts(self, *memories: Memory) -> list[str | None]:
        """The text of each memory that readers see."""
        found = await self.store.get(self.scope.tenant, [each.id for each in memories])
        return [each.text if each and not each.merged_into else None for each in found]

    async def history(self, memory: Memory) -> list[MemoryRevision]:
        """Every revision that is kept, the latest first."""
        slices = self.log.slices(self.scope.tenant, memory.id)
        return [revision async for part in slices for revision in part.revisions]


@pytest.fixture
def revert(redis: Redis, store: MemoryStore) -> Reverting:
    """Reverting in the tenant `acme`, without bounds."""
    return Reverting(redis, store, Scope(TENANT))


def supersession(older: Memory, newer: Memory) -> list[Change]:
    """A newer fact that ends the validity of an older one."""
    validity = {"invalid_from": newer.create_time, "superseded_by": newer.id, "reason": "newer"}
    ended = changed(older, validity=validity)
    related = (newer.id,)
    return [
        Change(None, newer, ltm.REVISION_CAUSE_CREATE, vectors(), related=(older.id,)),
        Change(older, ended, ltm.REVISION_CAUSE_SUPERSEDE, reason="newer", related=related),
    ]
