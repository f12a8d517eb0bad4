"""How long a store that starts again takes until its data and its indexes are complete.

    python benchmarks/restart.py [--sizes 10000 50000] [--precision float16]

For each size, a store is filled with that many memories as `benchmarks/search.py` makes them, each
with two vectors, is ended and started again: once with its append-only file as it is then, and
once with the shorter file that Redis makes of it, which larger ones may be already.
"""

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from search import fill, running, settings_of

from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.store.index.index import Precision

MEBIBYTE = 1024 * 1024
VECTORS_PER_MEMORY = 2


async def filled(store: EmbeddedStore, size: int, precision: Precision) -> None:
    """Store so many memories."""
    settings = settings_of(store.url, precision, 0)
    async with running(settings), connect(store.url, timeout=60) as client:
        await fill(client, settings.vectors, 0, size)


async def rewritten(store: EmbeddedStore) -> None:
    """Have the store make a shorter file."""
    async with connect(store.url, timeout=60) as client:
        await client.bgrewriteaof()
        while await _rewriting(client):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def _rewriting(client: Redis) -> bool:
    about = await client.info("persistence")
    return bool(about["aof_rewrite_in_progress"] or about["aof_rewrite_scheduled"])


async def started_again(store: EmbeddedStore, size: int) -> tuple[str, ...]:
    """What the store has on disk, and how long it takes from its start until it is complete."""
    await store.stop()
    files = (store.state_dir / "appendonlydir").iterdir()
    on_disk = sum(path.stat().st_size for path in files) // MEBIBYTE
    began = time.perf_counter()
    await store.start()
    seconds = time.perf_counter() - began
    rate = seconds / (size * VECTORS_PER_MEMORY) * 100_000
    return str(on_disk), f"{seconds:.1f}", f"{rate:.0f}"


async def measure(sizes: list[int], precision: Precision) -> Table:
    """The table of all sizes."""
    table = Table("memories", "file", "MiB", "seconds", "seconds per 100,000 vectors")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            async with EmbeddedStore(Path(name), fsync="no") as store:
                await filled(store, size, precision)
                table.add_row(f"{size:,}", "as written", *await started_again(store, size))
                await rewritten(store)
                table.add_row(f"{size:,}", "rewritten", *await started_again(store, size))
    return table


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--precision", choices=["float32", "float16"], default="float32")
    os.environ.setdefault("AGENT_MEMORY_AUTH", "off")
    options = parser.parse_args()
    Console().print(asyncio.run(measure(options.sizes, options.precision)))


if __name__ == "__main__":
    main()
