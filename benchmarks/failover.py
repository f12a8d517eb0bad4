"""A replica that is promoted under load, behind an address that moves and behind a sentinel.

    PYTHONPATH=. python benchmarks/failover.py [--callers 8] [--writes 200]

Each caller appends messages with ids of its own to its session, and repeats a call that it was told
to repeat. In the middle the replica is promoted, and no process is started again. `FAILOVER` waits
until the replica has everything; a sentinel does not, and the former primary takes writes until the
sentinel has told it, unless it needs a replica for them (`min-replicas-to-write`). Afterwards all
logs are read: a message that was acknowledged and is not there is lost, one that is there twice is
doubled.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table
from tests.support.failover import Pair, fail_over, sentinel
from tests.support.waiting import eventually

from agent_memory_client import MemoryAPIClient, MemoryUnavailableError
from agent_memory_client.models import MemoryMessage
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.kit.redis.client import connect

_CALL_SECONDS = 20.0


@dataclass
class Load:
    """Callers, and what they were told.

    Attributes:
        stored: acknowledged ids of each session.
        refused: calls that had to be repeated.
        since: when the promotion was over.
        again: seconds from then to the end of the first call of each session that began later.
    """

    memory: MemoryAPIClient
    stored: dict[str, list[str]] = field(default_factory=dict)
    refused: int = 0
    since: float = float("inf")
    again: dict[str, float] = field(default_factory=dict)

    async def write(self, session: str) -> None:
        """Append until cancelled."""
        said = self.stored.setdefault(session, [])
        while True:
            name = f"{session}-{len(said)}"
            message = MemoryMessage(id=name, role="user", content=f"Note {name}.")
            began = time.monotonic()
            try:
                await self.memory.append_messages_to_working_memory(session, [message])
            except MemoryUnavailableError:
                self.refused += 1
                await asyncio.sleep(0.02)
                continue
            said.append(name)
            if began > self.since:
                self.again.setdefault(session, time.monotonic() - self.since)

    async def has_stored(self, number: int) -> None:
        """Wait until so many are stored."""
        await eventually(lambda: sum(map(len, self.stored.values())) >= number, within=300)

    async def missing(self) -> tuple[int, int]:
        """Read all logs; answers how many acknowledged messages are lost, and are there twice."""
        lost = doubled = 0
        for session, said in self.stored.items():
            kept = (await self.memory.list_messages(session, limit=1000)).messages
            there = Counter(message.id for message in kept)
            lost += sum(not there[name] for name in said)
            doubled += sum(times > 1 for times in there.values())
        return lost, doubled


Promotion = Callable[[], Awaitable[object]]


@asynccontextmanager
async def moving_address(pair: Pair, _: Path) -> AsyncIterator[tuple[str, Promotion]]:
    """The address that leads to the primary, and what promotes the replica and moves it."""

    async def promote() -> None:
        await pair.promote()
        pair.move_address()

    yield pair.url, promote


@asynccontextmanager
async def with_sentinel(pair: Pair, folder: Path) -> AsyncIterator[tuple[str, Promotion]]:
    """The address of a sentinel, and what makes it promote the replica."""
    async with sentinel(pair, folder) as url:
        yield url, lambda: fail_over(url, pair)


WAYS = {
    "an address that moves": moving_address,
    "a sentinel": with_sentinel,
    "a sentinel, and replicas needed": with_sentinel,
}


async def need_replicas(pair: Pair) -> None:
    """Let neither server take a write without the other."""
    for server in (pair.primary, pair.replica):
        async with connect(server.url) as client:
            await client.config_set("min-replicas-to-write", 1)


async def measure(way: str, options: argparse.Namespace) -> list[str]:
    """Promote a replica under load; answers a row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            Pair.started(folder / "stores") as pair,
            WAYS[way](pair, folder) as (url, promote),
            Stack(StackOptions(state_dir=folder / "stack", redis_url=url)) as stack,
            MemoryAPIClient(f"http://{stack.address}", timeout=_CALL_SECONDS) as memory,
        ):
            if way.endswith("needed"):
                await need_replicas(pair)
            load = Load(memory)
            callers = [
                asyncio.create_task(load.write(f"s{number}")) for number in range(options.callers)
            ]
            await load.has_stored(options.writes)
            await promote()
            load.since = time.monotonic()
            await load.has_stored(2 * options.writes)
            await eventually(lambda: len(load.again) == len(callers))
            for caller in callers:
                caller.cancel()
            await asyncio.wait(callers)
            lost, doubled = await load.missing()
    stored = sum(map(len, load.stored.values()))
    first, last = min(load.again.values()), max(load.again.values())
    seconds = (f"{first:.2f}", f"{last:.2f}")
    return [way, str(stored), str(load.refused), *seconds, str(lost), str(doubled)]


async def main(options: argparse.Namespace) -> None:
    """Measure both ways, and print one table."""
    table = Table("behind", "stored", "repeated", "first after s", "all after s", "lost", "doubled")
    for way in WAYS:
        table.add_row(*await measure(way, options))
    Console().print(table)


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description="A replica that is promoted under load")
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--writes", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main(arguments()))
