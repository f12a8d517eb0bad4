"""Where the processor time of a call goes, by part of the program.

    python benchmarks/parts.py [--only Get] [--calls 400] [--functions 0]

The services run in this process, over a store of its own, and are called over gRPC, eight calls at
a time, by the same thread that serves. The first number is what a call takes of all threads,
without a profiler. The shares are those of a profile of the serving thread, of which the library
for RPCs serves both sides; the embedding model and the parser run in threads beside it and are in
the first number alone. The profiler makes small functions look larger than they are. `--functions`
lists so many of the costliest functions of each RPC besides.
"""

import argparse
import asyncio
import cProfile
import itertools
import pstats
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import uvloop
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table
from search import as_a_process
from services import (
    BATCH,
    KNOWN,
    LONG_TERM_MEMORY,
    NOT_COMPARED,
    WORKING_MEMORY,
    Call,
    Creations,
    fact,
    packed,
    question,
    raw_call,
    said,
)

from agent_memory.common.v1 import filter_pb2, memory_pb2, search_pb2, strategy_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.kit.contract.environment import SecretUrl
from agent_memory_services.kit.observe import logs
from agent_memory_services.kit.server import server
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from agent_memory_services.working_memory.api import process as working_memory
from agent_memory_services.working_memory.api.settings import Settings as WorkingMemorySettings

AT_ONCE: Final = 8
OWNER: Final = "owner"
PARTS: Final = {
    "validation": ("protovalidate", "contract/rules"),
    "steps": ("kit/server", "kit/observe", "prometheus_client", "structlog", "kit/contract"),
    "store's line": ("kit/redis", "redis/", "hiredis"),
    "fact rules": ("consolidation/",),
    "ranking": ("long_term_memory/search", "domain/columns", "domain/masks", "numpy"),
    "words": ("language/", "domain/terms", "domain/traits", "shared/claims"),
    "service": ("long_term_memory/", "working_memory/", "shared/"),
    "messages": ("protobuf", "_message"),
    "gRPC": ("grpc", "benchmarks/"),
}
"""Parts, each by what stands in the names of its files or functions; the first that fits counts."""

Ask = Callable[[int], Awaitable[object]]


def part_of(file: str, function: str) -> str:
    """Return the part that a function belongs to."""
    name = f"{file}:{function}"
    for part, marks in PARTS.items():
        if any(mark in name for mark in marks):
            return part
    return "Python"


async def ask_all(ask: Ask, calls: int, at_once: int) -> None:
    """Make so many calls, some at a time."""
    numbers = iter(range(calls))

    async def caller() -> None:
        for number in numbers:
            await ask(number)

    await asyncio.gather(*(caller() for _ in range(at_once)))


def asking(call: Call, given: Sequence[bytes]) -> Ask:
    """Return a call with each request in turn."""
    turns = itertools.cycle(range(len(given)))

    async def ask(_: int) -> bytes:
        return await call(given[next(turns)])

    return ask


async def row(
    name: str, ask: Ask, options: argparse.Namespace, *, calls: int, at_once: int
) -> list[str]:
    """Measure one RPC; answers its row of the table."""
    await ask_all(ask, max(1, calls // 4), at_once)
    used = time.process_time()
    await ask_all(ask, calls, at_once)
    micros = (time.process_time() - used) / calls * 1e6
    profile = cProfile.Profile()
    with profile:
        await ask_all(ask, calls, at_once)
    stats: Any = pstats.Stats(profile, stream=sys.stdout)
    spent: Counter[str] = Counter()
    for (file, _, function), (_, _, own, _, _) in stats.stats.items():
        spent[part_of(file, function)] += own
    if options.functions:
        stats.sort_stats("tottime").print_stats(options.functions)
    whole = sum(spent.values())
    return [name, f"{micros:,.0f}", *(f"{spent[each] / whole:.0%}" for each in (*PARTS, "Python"))]


def requests() -> list[tuple[str, str, str, Sequence[bytes]]]:
    """Return the RPCs: the name of each, its service, its method and its requests."""
    mine = filter_pb2.MemoryFilter(user_id=filter_pb2.TagFilter(eq=OWNER))
    queries = [
        [search_pb2.SearchQuery(text=question(at), filter=each) for at in range(90)]
        for each in (mine, None)
    ]
    owned, whole = (
        packed(ltm.SearchMemoriesRequest(query=query, page_size=10) for query in each)
        for each in queries
    )
    appends = packed(
        wm.AppendMessagesRequest(session_id=f"silent-{at}", messages=[said(0), said(1)])
        for at in range(64)
    )
    read = packed([wm.GetWorkingMemoryRequest(session_id="read")])
    search, create = "SearchMemories", "CreateMemories"
    return [
        ("GetWorkingMemory, 20 messages", WORKING_MEMORY, "GetWorkingMemory", read),
        ("AppendMessages, 2 messages", WORKING_MEMORY, "AppendMessages", appends),
        (f"SearchMemories, an owner's {KNOWN:,}", LONG_TERM_MEMORY, search, owned),
        ("SearchMemories, the tenant", LONG_TERM_MEMORY, search, whole),
        ("CreateMemories, 1", LONG_TERM_MEMORY, create, Creations(1)),
        (f"CreateMemories, {BATCH}", LONG_TERM_MEMORY, create, Creations(BATCH)),
    ]


def prepared() -> Iterable[tuple[str, str, Message]]:
    """Yield what is stored before: the service, the method and the request of each call."""
    silent = strategy_pb2.ExtractionConfig(
        strategy=strategy_pb2.EXTRACTION_STRATEGY_NONE, index_messages=False
    )
    names = [("read", 20), *((f"silent-{at}", 0) for at in range(64))]
    for name, messages in names:
        session = working_memory_pb2.WorkingMemory(
            session_id=name, extraction=silent, messages=map(said, range(messages))
        )
        request = wm.SetWorkingMemoryRequest(working_memory=session)
        yield WORKING_MEMORY, "SetWorkingMemory", request
    for first in range(0, KNOWN, BATCH):
        facts = [
            memory_pb2.Memory(text=fact(at), user_id=OWNER) for at in range(first, first + BATCH)
        ]
        create = ltm.CreateMemoriesRequest(memories=facts, deduplication=NOT_COMPARED)
        yield LONG_TERM_MEMORY, "CreateMemories", create


async def main(options: argparse.Namespace) -> None:
    """Start the services, measure, and print one table."""
    logs.configure("error")
    table = Table("RPC", "CPU us", *PARTS, "Python", title="Shares of the serving thread")
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        store = await stack.enter_async_context(EmbeddedStore(Path(folder)))
        common: dict[str, Any] = {
            "redis_url": SecretUrl(store.url),
            "listen": "127.0.0.1:0",
            "metrics_listen": "",
            "access_log": False,
        }
        far = await stack.enter_async_context(
            server.start(LongTermMemorySettings(**common), long_term_memory.lifespan)
        )
        elsewhere: dict[str, Any] = {"long_term_memory_address": far.address}
        between = await stack.enter_async_context(
            server.start(ExtractionSettings(**common, **elsewhere), extraction.lifespan)
        )
        elsewhere["extraction_address"] = between.address
        near = await stack.enter_async_context(
            server.start(WorkingMemorySettings(**common, **elsewhere), working_memory.lifespan)
        )
        addresses = {WORKING_MEMORY: near.address, LONG_TERM_MEMORY: far.address}
        for service, method, request in prepared():
            address = addresses[service]
            async with raw_call(address, f"{service}/{method}", 600) as call:
                await call(request.SerializeToString())
        for name, service, method, given in requests():
            if options.only not in name:
                continue
            async with raw_call(addresses[service], f"{service}/{method}", 600) as call:
                calls, at_once = (4, 1) if name.endswith(f" {BATCH}") else (options.calls, AT_ONCE)
                ask = asking(call, given)
                table.add_row(*await row(name, ask, options, calls=calls, at_once=at_once))
    Console(width=150).print(table)


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description="Where the processor time of a call goes")
    parser.add_argument("--only", default="", help="measure the RPCs whose names contain this")
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--functions", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    as_a_process()
    uvloop.run(main(arguments()))
