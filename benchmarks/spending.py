"""What a call spends where: round trips, commands and bytes of the store, processor time.

    python benchmarks/spending.py [--only Append] [--calls 200]

Each RPC is called one at a time on a stack that has nothing else to do, rules for facts aside.
Round trips are the call's own. All else is counted until what follows from the calls is done too,
less what the stack takes at rest: scripts, commands within and outside of them, bytes that reach
and leave the store, and processor time of the process that serves, of the store, and of the other
services.
"""

import argparse
import asyncio
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.request import urlopen

import grpc
import uvloop
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from services import (
    LONG_TERM_MEMORY,
    WORKING_MEMORY,
    Subject,
    packed,
    processor_seconds,
    question,
    raw_call,
    said,
    sentence,
    unfinished,
)

from agent_memory.common.v1 import filter_pb2, memory_pb2, search_pb2, strategy_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2_grpc as ltm_grpc
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import DeduplicationPolicy
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect

REST_SECONDS: Final = 5.0
PAUSE_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 120.0
MEMORIES: Final = 1_000
LOT: Final = 100
LATER: Final = {
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "3600",
    "AGENT_MEMORY_EXTRACTION_MAX_WAIT_SECONDS": "3600",
}
SILENT: Final = strategy_pb2.ExtractionConfig(
    strategy=strategy_pb2.EXTRACTION_STRATEGY_NONE, index_messages=False
)


@dataclass(frozen=True, slots=True)
class Spent:
    """Totals of a stack.

    Attributes:
        scripts: runs of scripts.
        commands: commands, those within scripts too.
        received: bytes that reached the store.
        sent: bytes that left it.
        cpu: seconds of processor time, by process.
    """

    scripts: float
    commands: float
    received: float
    sent: float
    cpu: Mapping[str, float]

    @classmethod
    async def read(cls, client: Redis, pids: Mapping[str, int]) -> Self:
        """Read the totals so far."""
        commands: Mapping[str, Any] = await client.info("commandstats")
        stats: Mapping[str, Any] = await client.info("stats")
        calls = {name: values["calls"] for name, values in commands.items()}
        scripts = calls.get("cmdstat_evalsha", 0)
        return cls(
            scripts,
            sum(calls.values()) - scripts,
            stats["total_net_input_bytes"],
            stats["total_net_output_bytes"],
            {name: processor_seconds(pid) for name, pid in pids.items()},
        )

    def since(self, before: Self, at_rest: Self | None = None, seconds: float = 0.0) -> Self:
        """Return what was spent since `before`, less what so many seconds `at_rest` spend."""

        def less(now: float, then: float, idle: float) -> float:
            return max(0.0, now - then - idle * seconds)

        idle = at_rest or type(self)(0.0, 0.0, 0.0, 0.0, dict.fromkeys(self.cpu, 0.0))
        return type(self)(
            less(self.scripts, before.scripts, idle.scripts),
            less(self.commands, before.commands, idle.commands),
            less(self.received, before.received, idle.received),
            less(self.sent, before.sent, idle.sent),
            {name: less(used, before.cpu[name], idle.cpu[name]) for name, used in self.cpu.items()},
        )

    def over(self, number: float) -> Self:
        """Return a share of it."""
        return type(self)(
            self.scripts / number,
            self.commands / number,
            self.received / number,
            self.sent / number,
            {name: used / number for name, used in self.cpu.items()},
        )


def subjects(stack: Stack, calls: int) -> list[Subject]:
    """Prepare the requests of each RPC."""
    working, long_term = (
        str(stack.services[name]) for name in ("working_memory", "long_term_memory")
    )

    def of_working(name: str, method: str, *requests: Any) -> Subject:
        path = f"{WORKING_MEMORY}/{method}"
        return Subject(name, "working_memory", working, path, packed(requests))

    def of_long_term(name: str, method: str, *requests: Any) -> Subject:
        path = f"{LONG_TERM_MEMORY}/{method}"
        return Subject(name, "long_term_memory", long_term, path, packed(requests))

    mine = filter_pb2.MemoryFilter(user_id=filter_pb2.TagFilter(eq="user-3"))
    queries = [search_pb2.SearchQuery(text=question(at), filter=mine) for at in range(90)]
    two = [said(0), said(1)]
    return [
        of_working(
            "AppendMessages, 2 messages, nothing extracted",
            "AppendMessages",
            *(wm.AppendMessagesRequest(session_id=f"silent-{at}", messages=two) for at in range(8)),
        ),
        of_working(
            "AppendMessages, 2 messages, stored as memories",
            "AppendMessages",
            *(wm.AppendMessagesRequest(session_id=f"said-{at}", messages=two) for at in range(8)),
        ),
        of_working(
            "GetWorkingMemory, 20 messages",
            "GetWorkingMemory",
            wm.GetWorkingMemoryRequest(session_id="read"),
        ),
        of_working("ListSessions", "ListSessions", wm.ListSessionsRequest()),
        of_working(
            "BuildMemoryPrompt, 20 messages + search",
            "BuildMemoryPrompt",
            *(
                wm.BuildMemoryPromptRequest(
                    query=query.text,
                    session=wm.PromptSession(session_id="read"),
                    long_term_search=wm.LongTermSearch(query=query),
                )
                for query in queries
            ),
        ),
        of_long_term(
            "SearchMemories, an owner's 10 of 1,000",
            "SearchMemories",
            *(ltm.SearchMemoriesRequest(query=query, page_size=10) for query in queries),
        ),
        of_long_term(
            "CreateMemories, 1",
            "CreateMemories",
            *(ltm.CreateMemoriesRequest(memories=[fact(20_000 + at)]) for at in range(calls)),
        ),
        of_long_term(
            "CreateMemories, 100",
            "CreateMemories",
            *(
                ltm.CreateMemoriesRequest(
                    memories=[fact(40_000 + 100 * at + one) for one in range(100)]
                )
                for at in range(max(1, calls // 100))
            ),
        ),
    ]


def fact(number: int, user_id: str = "") -> memory_pb2.Memory:
    """One of many different facts, of one of ten users where none is named."""
    return memory_pb2.Memory(text=sentence(number), user_id=user_id or f"user-{number % 10}")


async def fill(stack: Stack, *, memories: bool) -> None:
    """Store the sessions and memories that the calls are about."""
    address = str(stack.services["working_memory"])
    async with raw_call(address, f"{WORKING_MEMORY}/SetWorkingMemory") as call:
        for at in range(8):
            silent = working_memory_pb2.WorkingMemory(session_id=f"silent-{at}", extraction=SILENT)
            await call(wm.SetWorkingMemoryRequest(working_memory=silent).SerializeToString())
        read = working_memory_pb2.WorkingMemory(session_id="read", messages=map(said, range(20)))
        await call(wm.SetWorkingMemoryRequest(working_memory=read).SerializeToString())
    if memories:
        address = str(stack.services["long_term_memory"])
        async with grpc.aio.insecure_channel(address) as channel:
            stub: ltm_grpc.LongTermMemoryServiceAsyncStub
            stub = ltm_grpc.LongTermMemoryServiceStub(channel)
            for start in range(0, MEMORIES, LOT):
                records = [fact(at, "user-3") for at in range(start, start + LOT)]
                request = ltm.CreateMemoriesRequest(
                    memories=records, deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_NONE
                )
                await stub.CreateMemories(request, timeout=PATIENCE_SECONDS)


class Measuring:
    """A running stack, and what it takes at rest."""

    def __init__(self, stack: Stack, store: EmbeddedStore, client: Redis) -> None:
        self._stack = stack
        self._client = client
        self._pids = {name: process.child.pid for name, process in stack.processes.items()}
        self._pids["store"] = store.child.pid
        self._idle: Spent | None = None

    async def rest(self) -> None:
        """Measure what the stack takes while nobody calls."""
        before = await self._settled()
        await asyncio.sleep(REST_SECONDS)
        self._idle = (await self._spent()).since(before).over(REST_SECONDS)

    async def row(self, subject: Subject, calls: int) -> Sequence[str]:
        """Make calls one at a time; answers a row of the table."""
        creates = subject.method.endswith("CreateMemories")
        number = len(subject.requests) if creates else calls
        async with raw_call(subject.address, subject.method, PATIENCE_SECONDS) as call:
            if not creates:
                await call(subject.requests[0])
            before, began = await self._settled(), time.perf_counter()
            made, trips = await asyncio.to_thread(self._round_trips, subject)
            for at in range(number):
                await call(subject.requests[at % len(subject.requests)])
            after = await self._settled()
            seconds = time.perf_counter() - began
            made_after, trips_after = await asyncio.to_thread(self._round_trips, subject)
        spent = after.since(before, self._idle, seconds).over(number)
        cpu = dict(spent.cpu)
        used = (cpu.pop(subject.service), cpu.pop("store"), sum(cpu.values()))
        return [
            subject.name,
            f"{(trips_after - trips) / (made_after - made):.1f}",
            f"{spent.scripts:.1f}",
            f"{spent.commands:.0f}",
            f"{spent.received:,.0f}",
            f"{spent.sent:,.0f}",
            *(f"{each * 1e6:,.0f}" for each in used),
        ]

    async def _spent(self) -> Spent:
        return await Spent.read(self._client, self._pids)

    async def _settled(self) -> Spent:
        """Wait until all is done that was begun; answers what was spent by then."""
        spent = await self._spent()
        while await unfinished(self._client):
            await asyncio.sleep(PAUSE_SECONDS)
            spent = await self._spent()
        return spent

    def _round_trips(self, subject: Subject) -> tuple[float, float]:
        """Return the calls of a method so far, and the round trips that they made."""
        method = subject.method.rpartition("/")[2]
        address = self._stack.metrics[subject.service]
        with urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.findall(
            rf'^agent_memory_store_round_trips_(count|sum){{.*grpc_method="{method}".*}} (\S+)$',
            text,
            re.MULTILINE,
        )
        values = {name: float(value) for name, value in found}
        return values["count"], values["sum"]


async def main(options: argparse.Namespace) -> None:
    """Start a stack in an empty folder, measure, and print one table."""
    table = Table(title="What one call spends, with what follows from it")
    for heading in (
        *("RPC", "round trips", "scripts", "commands", "bytes in", "bytes out"),
        *("service us", "store us", "others us"),
    ):
        table.add_column(heading, justify="left" if heading == "RPC" else "right")
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder) / "store")
        async with store, connect(store.url) as client:
            choice = StackOptions(
                state_dir=Path(folder), gateway=False, redis_url=store.url, environment=LATER
            )
            async with Stack(choice) as stack:
                chosen = [
                    each for each in subjects(stack, options.calls) if options.only in each.name
                ]
                searching = any(each.service == "long_term_memory" for each in chosen)
                await fill(stack, memories=searching or "Prompt" in options.only)
                measuring = Measuring(stack, store, client)
                await measuring.rest()
                for subject in chosen:
                    table.add_row(*await measuring.row(subject, options.calls))
    Console(width=150).print(table)


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description="What a call spends where")
    parser.add_argument("--only", default="", help="measure the RPCs whose names contain this")
    parser.add_argument("--calls", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main(arguments()))
