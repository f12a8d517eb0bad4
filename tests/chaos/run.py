"""Kill everything at random while everybody talks, and count what is left.

    python -m tests.chaos.run --seconds 30 --seed 7 --rounds 3

Each round starts a store and a stack of its own, ends their processes by SIGKILL at moments that
follow from the seed, and prints a tally. The exit code is 1 when anything was lost or doubled, or
when a caller was told anything but "later".
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore, Fsync
from tests.chaos.reaper import Reaper
from tests.chaos.talk import WAYS, Diary, Talker
from tests.chaos.tally import Count, Tally, take_tally

# What a dead worker or relay held is free again soon, so that a short run sees it taken over.
QUICK = {
    "AGENT_MEMORY_AUTH": "off",
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2",
    "AGENT_MEMORY_EXTRACTION_LEASE_SECONDS": "2",
    "AGENT_MEMORY_EXTRACTION_RETRY_LONGEST_SECONDS": "2",
    "AGENT_MEMORY_WORKING_MEMORY_RELAY_LEASE_SECONDS": "2",
    "AGENT_MEMORY_WORKING_MEMORY_RELAY_MAX_RETRY_SECONDS": "2",
}
CALL_SECONDS = 3.0


async def play(folder: Path, seed: int, seconds: float, *, fsync: Fsync = "always") -> Tally:
    """One round of `seconds`, in an empty folder."""
    chance, diary, stop = random.Random(seed), Diary(), asyncio.Event()
    async with EmbeddedStore(folder / "store", fsync=fsync) as store:
        options = StackOptions(state_dir=folder, redis_url=store.url, environment=QUICK)
        async with (
            Stack(options) as stack,
            MemoryAPIClient(base_url=f"http://{stack.address}", timeout=CALL_SECONDS) as memory,
        ):
            reaper = Reaper.of(stack, store, chance)
            async with asyncio.TaskGroup() as group:
                for way in WAYS:
                    talker = Talker(memory, diary, way, random.Random(chance.random()))
                    group.create_task(talker.talk(stop))
                await reaper.reap(seconds)
                stop.set()
            diary.surprises.update({f"{name} collapsed": n for name, n in reaper.collapses.items()})
            return await take_tally(memory, diary, reaper.kills)


def report(tally: Tally, seed: int) -> Table:
    """A tally as a table."""
    table = Table(title=f"seed {seed}", title_justify="left", show_header=False)
    table.add_row("killed", ", ".join(f"{name} {count}" for name, count in tally.kills.items()))
    for name, count in {"messages in the log": tally.messages, "facts known": tally.facts}.items():
        table.add_row(name, _counted(count))
    table.add_row("told to come back", f"{tally.diary.refusals} calls")
    table.add_row("told anything else", str(dict(tally.diary.surprises) or "nobody"))
    table.add_row("backlog drained in", f"{tally.drain_seconds:.1f} s")
    return table


def _counted(count: Count) -> str:
    odd = {"lost": count.lost, "doubled": count.doubled, "foreign": count.foreign}
    return "; ".join(
        [
            f"{count.once} once",
            *(f"{len(items)} {name} {', '.join(items[:5])}" for name, items in odd.items()),
        ]
    )


def main() -> int:
    """Play the rounds that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="length of a round")
    parser.add_argument("--seed", type=int, default=1, help="of the first round; the next has +1")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--fsync", choices=("everysec", "always", "no"), default="always")
    asked = parser.parse_args()
    console, perfect = Console(), True
    for seed in range(asked.seed, asked.seed + asked.rounds):
        with tempfile.TemporaryDirectory(prefix="agent-memory-chaos-") as folder:
            tally = asyncio.run(play(Path(folder), seed, asked.seconds, fsync=asked.fsync))
        console.print(report(tally, seed), soft_wrap=True)
        perfect = perfect and tally.perfect
    return 0 if perfect else 1


if __name__ == "__main__":
    sys.exit(main())
