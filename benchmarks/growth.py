"""What an owner's search costs beside ever more memories: the owner's own, and those of others.

    python benchmarks/growth.py [--own 1000 10000] [--others 10000 100000] [--questions 200]

A store is filled as `search.py` does it. Each size of `--own` is an owner of its own, beside the
first size of `--others`; each further size of `--others` is filled in beside the first owner. Each
question is asked through the service over gRPC, once for each owner, in turns, and beside a bare
echo of the same bytes. Growth is the ratio of the medians to the first. An owner of more than
10,000 memories is answered by the index. 100,000 of an owner's own and 1,000,000 of others are
worth an hour and 10 GB.
"""

import argparse
import asyncio
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from rich.console import Console
from rich.table import Table
from search import (
    STOP_WORDS,
    WORDS_PER_QUESTION,
    Corpus,
    Took,
    as_a_process,
    echo,
    fill,
    medians,
    requests,
    running,
    sending,
    settings_of,
    store_of,
)

from agent_memory_services.kit.redis.client import connect


async def measure(options: argparse.Namespace) -> Table:
    """The table of all sizes."""
    corpus = Corpus(np.random.default_rng(1))
    texts = corpus.texts(options.questions, WORDS_PER_QUESTION, rarer_than=STOP_WORDS)
    owners = [f"owner-of-{size}" for size in options.own]
    table = Table("memories of", "own", "others", "p50 ms", "growth", "CPU ms", "growth", "echo ms")
    async with (
        store_of(None) as url,
        connect(url, timeout=60) as client,
        running(settings := settings_of(url, "float32", 1 << 28)) as calls,
    ):
        first, *further = sorted(options.others)
        await fill(client, settings.vectors, 0, first)
        ends = list(accumulate(options.own, initial=first))
        for owner, start, end in zip(owners, ends, ends[1:], strict=False):
            await fill(client, settings.vectors, start, end, owner)

        async def ask(asked: Sequence[str]) -> list[Took]:
            each = [requests(texts, owner) for owner in asked]
            async with echo(await calls.search(each[0][0])) as bare:
                ways = [sending(calls.search, own) for own in each]
                return await medians([*ways, sending(bare, each[0])], options.questions)

        *own, alone = await ask(owners)
        for size, took in zip(options.own, own, strict=True):
            table.add_row("the owner", f"{size:,}", f"{first:,}", *_figures(took, own[0], alone))
        stored = first
        for size in further:
            await fill(client, settings.vectors, ends[-1] + stored, ends[-1] + size)
            stored = size
            took, alone = await ask(owners[:1])
            figures = _figures(took, own[0], alone)
            table.add_row("others", f"{options.own[0]:,}", f"{size:,}", *figures)
    return table


def _figures(took: Took, first: Took, alone: Took) -> list[str]:
    """The columns of one size, beside the first one and a bare echo."""
    return [
        f"{took.clock:.2f}",
        f"{took.clock / first.clock:.2f}",
        f"{took.processor:.2f}",
        f"{took.processor / first.processor:.2f}",
        f"{alone.clock:.2f}",
    ]


def main() -> None:
    """Run and print."""
    as_a_process()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--own", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--others", type=int, nargs="+", default=[10_000])
    parser.add_argument("--questions", type=int, default=200)
    Console().print(asyncio.run(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
