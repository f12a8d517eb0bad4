"""The same load on one, two and four processes of each service, on one store and on a cluster.

    PYTHONPATH=. python benchmarks/replicas.py [--counts 1,2,4] [--seconds 8]  [--in-flight 32]
                                               [--stores one,cluster]

Each process is bound to one core, the first to the first, and so on in turns; store and callers run
where they like, so that on a machine of few cores they take part of what is measured. Callers
spread their calls over the processes: of each five calls two append a message, two read a session,
and one searches within the session's owner. Every append has a request id, and every tenth is sent
twice. Afterwards all logs are read: a message that was acknowledged and is not there is lost, one
that is there twice is doubled. The store is one node, or a cluster of three.

Where the cores are shared, calls per second say what the machine was free to do, and the processor
time of a call what the services need for it, whatever else runs.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import Any

import grpc
import uvloop
from rich.console import Console
from rich.table import Table
from services import said, sentence
from tests.support.cluster import cluster
from tests.support.replicas import Replicas

from agent_memory.common.v1 import filter_pb2, memory_pb2, search_pb2
from agent_memory.long_term_memory.v1 import long_term_memory_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2_grpc as ltm_grpc
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1 import service_pb2_grpc as wm_grpc
from agent_memory_services.embedded.stack import SERVICES
from agent_memory_services.embedded.store import EmbeddedStore

OWNERS = 16
MEMORIES_OF_AN_OWNER = 50
PAGE = 100
SPREAD = [
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
]


@dataclass
class Load:
    """Calls to the replicas, and what was acknowledged.

    Attributes:
        took: seconds of each call.
        sent: acknowledged messages of each session.
    """

    working: Any
    long_term: Any
    took: list[float] = field(default_factory=list)
    sent: dict[str, list[str]] = field(default_factory=dict)

    async def fill(self) -> None:
        """Store what searches look through."""
        for owner in range(OWNERS):
            facts = [
                memory_pb2.Memory(text=sentence(at), user_id=f"u{owner}")
                for at in range(MEMORIES_OF_AN_OWNER)
            ]
            policy = long_term_memory_pb2.DEDUPLICATION_POLICY_NONE
            request = ltm.CreateMemoriesRequest(memories=facts, deduplication=policy)
            await self.long_term.CreateMemories(request, timeout=600)

    async def run(self, in_flight: int, seconds: float) -> float:
        """Keep so many calls in flight; answers calls per second."""
        ends = time.perf_counter() + seconds
        numbers = count()

        async def caller() -> None:
            while (began := time.perf_counter()) < ends:
                await self._call(next(numbers))
                self.took.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(in_flight)))
        return len(self.took) / (time.perf_counter() - began)

    async def _call(self, number: int) -> None:
        owner = f"u{number % OWNERS}"
        session = f"s-{owner}"
        match number % 5:
            case 0 | 1:
                await self._append(session, owner, number)
            case 2 | 3:
                request = wm.GetOrCreateWorkingMemoryRequest(session_id=session, user_id=owner)
                request.recent_messages_limit = 20
                await self.working.GetOrCreateWorkingMemory(request, timeout=60)
            case _:
                mine = filter_pb2.MemoryFilter(user_id=filter_pb2.TagFilter(eq=owner))
                query = search_pb2.SearchQuery(text=f"who draws {number % 40}?", filter=mine)
                search = ltm.SearchMemoriesRequest(query=query, page_size=10)
                await self.long_term.SearchMemories(search, timeout=60)

    async def _append(self, session: str, owner: str, number: int) -> None:
        message = said(0)
        message.content = f"{number}: {message.content}"
        request = wm.AppendMessagesRequest(
            session_id=session, user_id=owner, messages=[message], request_id=f"r{number}"
        )
        for _ in range(2 if number % 10 == 0 else 1):
            await self.working.AppendMessages(request, timeout=60)
        self.sent.setdefault(session, []).append(message.content)

    async def missing(self) -> tuple[int, int]:
        """Read all logs; answers how many acknowledged messages are lost, and are there twice."""
        lost = doubled = 0
        for session, sent in self.sent.items():
            there = Counter([content async for content in self._log(session)])
            lost += sum(not there[content] for content in sent)
            doubled += sum(times > 1 for times in there.values())
        return lost, doubled

    async def _log(self, session: str) -> AsyncIterator[str]:
        token = ""
        while True:
            request = wm.ListMessagesRequest(session_id=session, page_size=PAGE, page_token=token)
            page = await self.working.ListMessages(request, timeout=60)
            for message in page.messages:
                yield message.content
            if not (token := page.next_page_token):
                return


@asynccontextmanager
async def one_node(folder: Path) -> AsyncIterator[str]:
    """The URL of a store that lives until the block is left."""
    async with EmbeddedStore(folder) as store:
        yield store.url


STORES: dict[str, Callable[[Path], Any]] = {"one": one_node, "cluster": cluster}


def pin(replicas: Replicas, cores: Iterator[int], number: int) -> None:
    """Bind the processes of each service to cores, in turns."""
    for at in range(number):
        core = next(cores)
        for name in SERVICES:
            os.sched_setaffinity(replicas.of(name)[at].child.pid, {core})


def processor_seconds(replicas: Replicas, number: int) -> float:
    """Processor time that the processes of all services have taken so far."""
    ticks = 0
    for name in SERVICES:
        for process in replicas.of(name)[:number]:
            fields = Path(f"/proc/{process.child.pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(store: str, number: int, options: argparse.Namespace) -> list[str]:
    """Run the load on so many processes of each service; answers a row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with STORES[store](folder / "store") as url:
            replicas = Replicas(folder, url, {}, count=number)
            async with (
                replicas.running(),
                grpc.aio.insecure_channel(replicas.targets["working_memory"], SPREAD) as working,
                grpc.aio.insecure_channel(replicas.targets["long_term_memory"], SPREAD) as far,
            ):
                pin(replicas, cycle(sorted(os.sched_getaffinity(0))), number)
                load = Load(
                    wm_grpc.WorkingMemoryServiceStub(working),
                    ltm_grpc.LongTermMemoryServiceStub(far),
                )
                await load.fill()
                before = processor_seconds(replicas, number)
                rate = await load.run(options.in_flight, options.seconds)
                spent = (processor_seconds(replicas, number) - before) / len(load.took)
                lost, doubled = await load.missing()
    cuts = statistics.quantiles(load.took, n=100)
    times = f"{cuts[49] * 1e3:.1f} / {cuts[98] * 1e3:.1f}"
    return [
        *(store, str(number), f"{rate:,.0f}", times),
        *(f"{spent * 1e3:.1f}", str(sum(map(len, load.sent.values()))), str(lost), str(doubled)),
    ]


async def main(options: argparse.Namespace) -> None:
    """Measure all, and print one table."""
    table = Table(
        *("store", "of each", "calls/s", "p50 / p99 ms", "CPU ms/call"),
        *("stored", "lost", "doubled"),
    )
    for store in options.stores.split(","):
        for number in options.counts.split(","):
            table.add_row(*await measure(store, int(number), options))
    cores = len(os.sched_getaffinity(0))
    table.caption = f"{options.in_flight} calls in flight, {cores} cores for all"
    Console().print(table)


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description="The same load on several processes")
    parser.add_argument("--counts", default="1,2,4")
    parser.add_argument("--stores", default="one,cluster")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--in-flight", type=int, default=32)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main(arguments()))
