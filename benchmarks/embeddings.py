"""How fast the local embedder is on this machine: cold start, one text, many callers, bulk.

Usage: python benchmarks/embeddings.py [--threads N] [--texts N]
"""

import argparse
import asyncio
import random
import statistics
import time
from itertools import islice

from agent_memory_services.long_term_memory.store.embeddings.base import Embedder
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder

TEXT = (
    "the user prefers morning meetings in London and likes green tea with friends after work on "
    "Fridays while the project deadline moves to March and the budget for travel stays"
)
WORDS = TEXT.split()


def texts(count: int, seed: int) -> list[str]:
    """Texts of 4 to 60 words, about thirty on average, no two alike."""
    source = random.Random(seed)  # noqa: S311 - a benchmark, not a secret
    return [
        f"{number}: " + " ".join(source.choices(WORDS, k=source.randint(4, 60)))
        for number in range(count)
    ]


async def one_by_one(embedder: Embedder, sample: list[str]) -> list[float]:
    """Seconds of each text, one after the other."""
    durations = []
    for text in sample:
        start = time.perf_counter()
        await embedder.embed([text])
        durations.append(time.perf_counter() - start)
    return durations


async def many_callers(embedder: Embedder, sample: list[str], callers: int) -> float:
    """Texts per second when so many callers each keep one text under way."""
    rest = iter(sample)

    async def caller() -> None:
        for text in rest:
            await embedder.embed([text])

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return len(sample) / (time.perf_counter() - start)


async def bulk(embedder: Embedder, sample: list[str]) -> float:
    """Texts per second of one call."""
    start = time.perf_counter()
    await embedder.embed(sample)
    return len(sample) / (time.perf_counter() - start)


async def main(threads: int | None, count: int) -> None:
    """Measure and print."""
    start = time.perf_counter()
    embedder = await LocalEmbedder.open(threads=threads)
    await embedder.embed(["ready"])
    print(f"cold start                {time.perf_counter() - start:8.2f} s")

    short = [f"Where does user {number} like to meet?" for number in range(count)]
    durations = await one_by_one(embedder, list(islice(short, 200)))
    print(f"one short text, p50       {statistics.median(durations) * 1000:8.2f} ms")

    alone = await one_by_one(embedder, texts(count, seed=1))
    single = count / sum(alone)
    print(f"mixed, one by one         {single:8.0f} texts/s")
    for callers in (4, 16, 64):
        rate = await many_callers(embedder, texts(count, seed=callers), callers)
        print(f"mixed, {callers:>2} callers         {rate:8.0f} texts/s")
    batched = await bulk(embedder, texts(count, seed=2))
    print(f"mixed, one call           {batched:8.0f} texts/s")
    print(f"batched to one by one     {batched / single:8.2f} x")
    await embedder.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--texts", type=int, default=512)
    options = parser.parse_args()
    asyncio.run(main(options.threads, options.texts))
