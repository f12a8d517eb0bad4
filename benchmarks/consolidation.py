"""What a new fact costs beside ever more facts of its owner.

    python benchmarks/consolidation.py [--sizes 100 10000] [--facts 200]

For each size one owner is given that many facts with their claims, in two shapes: `mixed`, of many
holders and relations, and `alike`, all of one holder and relation. Then new facts are created, the
sizes in turn, as a caller creates them with consolidation: embedded, read, stored and compared. The
median is shown beside that of the first size, and beside it that of the comparison alone, whose
search for what is near grows with what the owner has: the engine compares all vectors of a set that
it takes to be small. Facts that are there have made-up vectors. The store is this process's own.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

import numpy as np
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from agent_memory.common.v1.memory_pb2 import Claim, ClaimModality, Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.language.en.parser import shared
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction
from agent_memory_services.long_term_memory.consolidation.consolidator import Consolidator
from agent_memory_services.long_term_memory.consolidation.neighbours import Neighbourhood
from agent_memory_services.long_term_memory.consolidation.rules.reading import ClaimReading
from agent_memory_services.long_term_memory.domain.memory import (
    Change,
    MemoryVectors,
    StoredMemory,
    draft,
)
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.memories.creating import Creating
from agent_memory_services.long_term_memory.store.embeddings.base import Embedder
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from agent_memory_services.long_term_memory.store.memories import DirtySets, MemoryStore

DIMENSION: Final = 384
LOT: Final = 500
TENANT: Final = "t"
CONSOLIDATE: Final = ltm.DEDUPLICATION_POLICY_CONSOLIDATE
FACT: Final = ClaimModality.CLAIM_MODALITY_FACT
RELATIONS: Final = (
    *("like", "have", "visit", "read", "know", "want", "play", "learn", "watch", "meet"),
    *("live", "work", "phone number", "favorite color", "study", "cook", "drive", "collect"),
)
HOLDERS: Final = ("user", "user", "user", "user/sister", "user/car", "anna", "ben", "user/boss")


def mixed(random: np.random.Generator, at: int) -> Memory:
    """A fact of somebody, with one of many relations and words that some others have."""
    holder, relation = random.choice(HOLDERS), random.choice(RELATIONS)
    return _fact(str(holder), str(relation), f"thing{at} word{random.integers(500)}")


def alike(_: np.random.Generator, at: int) -> Memory:
    """A fact of one holder and relation, and with a word that all have."""
    return _fact("user", "like", f"band{at} live")


def _fact(holder: str, relation: str, value: str) -> Memory:
    claim = Claim(holder=holder, relation=relation, value=value, modality=FACT)
    return Memory(text=f"{holder} {relation} {value}", claims=[claim])


Shape = Callable[[np.random.Generator, int], Memory]


class Parts:
    """What creates and compares memories, over a store."""

    def __init__(self, client: Redis, embedder: Embedder) -> None:
        index = MemoryIndex(client, 1, VectorIndex(), DIMENSION)
        parser = shared()
        self.store = MemoryStore(client, 1)
        self.consolidator = Consolidator(
            self.store, Neighbourhood(index), reading=ClaimReading(parser)
        )
        compaction = Compaction(self.store, index, DirtySets(client, 1), self.consolidator)
        vectorizer = Vectorizer(Space(embedder, VectorIndex()))
        self.creating = Creating(
            self.store, vectorizer, compaction, CONSOLIDATE, reading=ClaimReading(parser)
        )


class Owner:
    """A user with so many facts."""

    def __init__(self, parts: Parts, name: str, shape: Shape) -> None:
        self._parts = parts
        self._random = np.random.default_rng(7)
        self._name = name
        self._shape = shape
        self._at = 0

    async def gain(self, count: int) -> list[StoredMemory]:
        """Store new facts, which are not consolidated; answers them."""
        made: list[StoredMemory] = []
        for start in range(0, count, LOT):
            lot = [self._made() for _ in range(min(LOT, count - start))]
            changes = [
                Change(None, each.memory, ltm.REVISION_CAUSE_CREATE, each.vectors) for each in lot
            ]
            await self._parts.store.commit_each(
                TENANT, changes, actor="benchmark", now=now_micros()
            )
            made += lot
        return made

    async def created(self) -> float:
        """Create a fact as a caller does; answers the milliseconds that it took."""
        word = "".join(self._random.choice(list("abcdefghijklmnoprstuvwy"), 7))
        text = f"User visited the {word} museum with {word[:4].capitalize()}"
        given = Memory(text=text, user_id=self._name)
        began = time.perf_counter()
        await self._parts.creating.create(
            Scope(TENANT), [given], CONSOLIDATE, request_id="", actor="benchmark"
        )
        return (time.perf_counter() - began) * 1000

    async def compared(self) -> float:
        """Consolidate a fact that is stored; answers the milliseconds that it took."""
        facts = await self.gain(1)
        began = time.perf_counter()
        consolidating = self._parts.consolidator.consolidate(TENANT, facts, actor="benchmark")
        async for _ in consolidating:
            pass
        return (time.perf_counter() - began) * 1000

    def _made(self) -> StoredMemory:
        self._at += 1
        given = self._shape(self._random, self._at)
        given.id, given.user_id = f"{self._name}-{self._at}", self._name
        vector = self._random.normal(size=DIMENSION).astype(np.float32)
        packed = (vector / np.linalg.norm(vector)).tobytes()
        return StoredMemory(draft(given, now_micros(), "made up"), MemoryVectors(packed, packed))


async def medians(parts: Parts, shape: Shape, sizes: Sequence[int], facts: int) -> list[list[str]]:
    """The median milliseconds of creating and of comparing a fact, for each size in turn."""
    owners = [Owner(parts, f"{shape.__name__}-{size}", shape) for size in sizes]
    for owner, size in zip(owners, sizes, strict=True):
        await owner.gain(size)
    created: list[list[float]] = [[] for _ in sizes]
    compared: list[list[float]] = [[] for _ in sizes]
    for _ in range(facts):
        for owner, whole, part in zip(owners, created, compared, strict=True):
            whole.append(await owner.created())
            part.append(await owner.compared())
    return [_beside_the_first(created), _beside_the_first(compared)]


def _beside_the_first(spent: Sequence[Sequence[float]]) -> list[str]:
    middle = [statistics.median(times) for times in spent]
    return [f"{each:.1f} ({each / middle[0]:.2f} times)" for each in middle]


async def measure(sizes: Sequence[int], facts: int, console: Console) -> None:
    """Fill a store and print the table."""
    table = Table(
        "facts of the owner", "mixed: created, ms", "compared", "alike: created", "compared"
    )
    await shared().loaded()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            EmbeddedStore(Path(folder)) as store,
            connect(store.url, timeout=60) as client,
            aclosing(await LocalEmbedder.open()) as embedder,
        ):
            await MemoryIndex(client, 1, VectorIndex(), DIMENSION).create()
            parts = Parts(client, embedder)
            columns = [
                column
                for shape in (mixed, alike)
                for column in await medians(parts, shape, sizes, facts)
            ]
    for size, *cells in zip(map("{:,}".format, sizes), *columns, strict=True):
        table.add_row(size, *cells)
    console.print(table)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--facts", type=int, default=200)
    options = parser.parse_args()
    asyncio.run(measure(options.sizes, options.facts, Console()))


if __name__ == "__main__":
    main()
