"""What half precision and fewer links cost: neighbours that are missed, and time.

    python benchmarks/precision.py [--vectors 20000] [--questions 200]

The same vectors, in clusters, are indexed exactly and as a graph, with numbers of 32 and of 16
bits, and as the graph of a new store. The ten nearest that each index answers are compared with
those that the exact one of full precision answers.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.store.index.index import (
    NEW_LINKS,
    NEW_PRECISION,
    VectorIndex,
)

DIMENSION: Final = 384
CLUSTERS: Final = 200
NEAREST: Final = 10
PER_WRITE: Final = 500
INDEXES: Final = (
    VectorIndex(algorithm="flat"),
    VectorIndex(algorithm="flat", precision="float16"),
    VectorIndex(),
    VectorIndex(precision="float16"),
    VectorIndex(precision=NEW_PRECISION, m=NEW_LINKS),
)
Answers = list[set[bytes]]


def vectors(count: int, seed: int) -> npt.NDArray[np.float32]:
    """Unit vectors around the centres of clusters."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(CLUSTERS, DIMENSION))
    made = centres[random.integers(CLUSTERS, size=count)]
    made = made + 1.5 * random.normal(size=(count, DIMENSION))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made.astype(np.float32)


async def fill(client: Redis, name: str, index: VectorIndex, stored: Sequence[bytes]) -> None:
    """Make an index and store vectors under it."""
    given = index.attributes(DIMENSION)
    words = {"dims": "DIM", "datatype": "TYPE", "algorithm": ""}
    attributes = [
        str(part).upper()
        for key, value in given.items()
        if key != "algorithm"
        for part in (words.get(key, key), value)
    ]
    run: Any = client.execute_command
    await run(
        *("FT.CREATE", name, "ON", "HASH", "PREFIX", 1, f"{name}:", "SCHEMA", "vector", "VECTOR"),
        *(str(given["algorithm"]).upper(), len(attributes), *attributes),
    )
    for start in range(0, len(stored), PER_WRITE):
        async with client.pipeline(transaction=False) as pipeline:
            for number, vector in enumerate(stored[start : start + PER_WRITE], start):
                pipeline.hset(f"{name}:{number}", "vector", vector)
            await pipeline.execute()


async def ask(client: Redis, name: str, questions: Sequence[bytes]) -> tuple[Answers, float]:
    """The nearest to each question, and the median milliseconds of a question."""
    answers: Answers = []
    taken = []
    run: Any = client.execute_command
    for question in questions:
        start = time.perf_counter()
        _, *found = await run(
            *("FT.SEARCH", name, f"*=>[KNN {NEAREST} @vector $q]", "NOCONTENT"),
            *("PARAMS", 2, "q", question, "DIALECT", 2),
        )
        taken.append((time.perf_counter() - start) * 1e3)
        answers.append({key.rpartition(b":")[2] for key in found})
    return answers, statistics.median(taken)


async def measure(count: int, asked: int) -> Table:
    """The table of all indexes."""
    table = Table("index", "bytes per vector", f"of the {NEAREST} nearest", "p50 ms")
    stored, questions = vectors(count, 1), vectors(asked, 2)
    exact: Answers = []
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStore(Path(folder), fsync="no") as store, connect(store.url) as client:
            for number, index in enumerate(INDEXES):
                packed = index.packed(stored)
                await fill(client, f"index{number}", index, packed)
                found, milliseconds = await ask(client, f"index{number}", index.packed(questions))
                exact = exact or found
                shared = sum(len(a & b) for a, b in zip(exact, found, strict=True))
                share = f"{shared / sum(map(len, exact)):.2%}"
                table.add_row(str(index), f"{len(packed[0]):,}", share, f"{milliseconds:.2f}")
    return table


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vectors", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    Console().print(asyncio.run(measure(options.vectors, options.questions)))


if __name__ == "__main__":
    main()
