"""From an appended message to a fact that search finds, beside storing the same fact directly.

A stack of its own extracts without debounce and with the local extractor, so what is measured is
the pipeline: outbox, relay, queue, worker, embedding and index. Both ways are taken in turn, in
one run. The last table is what each policy of writing to disk costs an append. Run it with
`python benchmarks/pipeline.py`; it takes about a minute.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import uvloop
from rich.console import Console
from rich.table import Table

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage, MemoryRecord
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import Fsync
from agent_memory_services.kit.redis.client import connect

SINGLES = 200
SESSIONS, FACTS_EACH = 16, 50
ROUNDS, APPENDS_PER_ROUND = 10, 40
AT_ONCE = {"AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0"}
LOOK_SECONDS = 0.002

PLACES = ("Lisbon", "Oslo", "Kyoto", "Lima", "Accra", "Quebec", "Perth", "Tartu", "Pune", "Cork")
THINGS = ("garden", "train", "novel", "violin", "map", "spice", "bridge", "kite", "clock", "boat")


@dataclass(frozen=True)
class Spread:
    """Seconds that most calls took."""

    p50: float
    p99: float

    @classmethod
    def of(cls, took: Sequence[float]) -> "Spread":
        """The quantiles of what was measured."""
        cuts = statistics.quantiles(took, n=100)
        return cls(cuts[49], cuts[98])

    def __str__(self) -> str:
        return f"{self.p50 * 1e3:.1f} / {self.p99 * 1e3:.1f}"


def subject(number: int) -> str:
    """What one of many facts is about."""
    return f"the {THINGS[number % 10]} museum of {PLACES[number // 10 % 10]}"


async def timed(act: Callable[[], Awaitable[object]]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    await act()
    return time.perf_counter() - began


async def append(memory: MemoryAPIClient, user: str, number: int) -> None:
    """Say a fact."""
    message = MemoryMessage(role="user", content=f"I love {subject(number)}.")
    await memory.append_messages_to_working_memory(user, [message], user_id=user)


async def store(memory: MemoryAPIClient, user: str, number: int) -> None:
    """Store the same fact without the pipeline."""
    record = MemoryRecord(text=f"User loves {subject(number)}", user_id=user)
    await memory.create_long_term_memories([record])


async def found(memory: MemoryAPIClient, user: str, number: int) -> None:
    """Return as soon as a search for the fact finds it."""
    while True:
        hits = await memory.search_long_term_memory(
            subject(number), filters={"user_id": {"eq": user}}, limit=1
        )
        if hits.memories:
            return
        await asyncio.sleep(LOOK_SECONDS)


async def latency(memory: MemoryAPIClient) -> Table:
    """One fact after the other, both ways in turn."""
    piped, appended, direct = [], [], []
    for number in range(SINGLES):
        user = f"piped-{number}"
        began = time.perf_counter()
        await append(memory, user, number)
        appended.append(time.perf_counter() - began)
        await found(memory, user, number)
        piped.append(time.perf_counter() - began)
        user = f"direct-{number}"
        began = time.perf_counter()
        await store(memory, user, number)
        await found(memory, user, number)
        direct.append(time.perf_counter() - began)
    through, beside = Spread.of(piped), Spread.of(direct)
    table = Table("one fact at a time", "p50 / p99 ms", title="Until a search finds it")
    table.add_row("append, until acknowledged", str(Spread.of(appended)))
    table.add_row("append, until its fact is found", str(through))
    table.add_row("create, until it is found", str(beside))
    table.add_row("ratio of the last two", f"{through.p50 / beside.p50:.1f}x")
    return table


async def throughput(memory: MemoryAPIClient) -> Table:
    """Many sessions at once, a message per call; and as many facts created a call each."""

    async def everybody(act: Callable[[MemoryAPIClient, str, int], Awaitable[None]]) -> None:
        async def one(user: str) -> None:
            for number in range(FACTS_EACH):
                await act(memory, user, number)

        await asyncio.gather(*(one(f"{act.__name__}-{n}") for n in range(SESSIONS)))

    async def extracted() -> None:
        await asyncio.gather(
            *(memory.wait_for_extraction(f"append-{n}", timeout=120) for n in range(SESSIONS))
        )

    count = SESSIONS * FACTS_EACH
    appending = await timed(lambda: everybody(append))
    draining = await timed(extracted)
    creating = await timed(lambda: everybody(store))
    table = Table(f"{SESSIONS} sessions at once", "messages/s", title=f"{count} messages")
    table.add_row("appended", f"{count / appending:,.0f}")
    table.add_row("appended and extracted", f"{count / (appending + draining):,.0f}")
    table.add_row("facts created directly", f"{count / creating:,.0f}")
    table.add_row("ratio of the last two", f"{creating / (appending + draining):.2f}x")
    return table


async def policies(memory: MemoryAPIClient, redis_url: str) -> Table:
    """What durability costs an append; the policies take turns, so all see the same machine."""
    took: dict[Fsync, list[float]] = {fsync: [] for fsync in get_args(Fsync)}
    message = MemoryMessage(role="user", content="Fine, thanks.")
    async with connect(redis_url) as redis:
        for fsync in [*took] * ROUNDS:
            await redis.config_set("appendfsync", fsync)
            for _ in range(APPENDS_PER_ROUND):
                began = time.perf_counter()
                await memory.append_messages_to_working_memory("policies", [message])
                took[fsync].append(time.perf_counter() - began)
    spreads = {fsync: Spread.of(seconds) for fsync, seconds in took.items()}
    table = Table("appendfsync", "append p50 / p99 ms", "p50 ratio", title="Writing to disk")
    for fsync, spread in spreads.items():
        table.add_row(fsync, str(spread), f"{spread.p50 / spreads['everysec'].p50:.2f}x")
    return table


async def main() -> None:
    """Measure everything and print it."""
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Stack(StackOptions(state_dir=Path(folder), environment=AT_ONCE)) as stack,
            MemoryAPIClient(base_url=f"http://{stack.address}") as memory,
        ):
            console.print(await latency(memory))
            console.print(await throughput(memory))
            console.print(await policies(memory, str(stack.redis_url)))


if __name__ == "__main__":
    uvloop.run(main())
