"""Requests per second, latency and processor time of the main RPCs, beside a bare grpc.aio echo.

    python benchmarks/services.py [--only Append] [--rounds 5] [--in-flight 1,8,64]

The echo is a server process of its own that takes the same request bytes and answers the same
response bytes, so the ratio is what the product adds to gRPC itself. Both are called with bytes
in and bytes out, and take turns, so that the ratios hold on a machine with other work to do; they
are medians over the rounds. Processor time is that of the process that serves the call, of the
store, and of the other services meanwhile, per call; on a busy machine it says more than the rest.

Between two RPCs it is waited for what follows from the first, such as extraction. A creation's
texts are embedded by another owner's creation before it is measured, so that its vectors are at
hand; its facts are read by the parser and consolidated. `embeddings.py` measures the model.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import uvloop
from google.protobuf.message import Message
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from agent_memory.common.v1 import filter_pb2, memory_pb2, message_pb2, search_pb2, strategy_pb2
from agent_memory.long_term_memory.v1 import long_term_memory_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2_grpc as ltm_grpc
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1 import service_pb2_grpc as wm_grpc
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect

MEMORIES = 10_000
BATCH = 250
KNOWN = 1_000
NOT_COMPARED = long_term_memory_pb2.DEDUPLICATION_POLICY_NONE
PAUSE_SECONDS = 0.1
SECONDS = 1.0
TICK = 1 / os.sysconf("SC_CLK_TCK")
WORKING_MEMORY = "/agent_memory.working_memory.v1.WorkingMemoryService"
LONG_TERM_MEMORY = "/agent_memory.long_term_memory.v1.LongTermMemoryService"
ECHO = "/benchmark.Echo/Call"

PLACES = ("Lisbon", "Oslo", "Kyoto", "Lima", "Accra", "Quebec", "Perth", "Tartu", "Pune", "Cork")
THINGS = ("gardens", "trains", "novels", "violins", "maps", "spices", "bridges", "kites", "clocks")
NAMES = ("Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gina", "Hugo", "Ida", "Jon")
DEEDS = ("draws", "collects", "repairs", "studies", "photographs", "sells", "restores", "describes")

Call = Callable[[bytes], Awaitable[bytes]]
_FEWEST = 2
"""Calls that have quantiles."""


@dataclass(frozen=True)
class Measured:
    """What one run of calls took.

    Attributes:
        per_second: calls per second.
        p50: seconds, as is `p99`.
        p99: likewise.
        cpu: seconds of processor time per call, of each process that was watched.
    """

    per_second: float
    p50: float
    p99: float
    cpu: Sequence[float]


@dataclass(frozen=True)
class Subject:
    """An RPC to measure.

    Attributes:
        name: its name in the table.
        service: the service that serves it.
        address: where.
        method: its path.
        requests: a request for every call.
        alone: it is measured one at a time only.
    """

    name: str
    service: str
    address: str
    method: str
    requests: Sequence[bytes]
    alone: bool = False


class Creations(Sequence[bytes]):
    """Requests that create so many facts, each time another owner's, of texts that are known."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._made = 0

    def __len__(self) -> int:
        return KNOWN

    def __getitem__(self, _: Any) -> Any:
        self._made += 1
        first = self._made * self._size
        owner = f"creates-{self._size}-{first // KNOWN}"
        facts = [
            memory_pb2.Memory(text=fact((first + at) % KNOWN), user_id=owner)
            for at in range(self._size)
        ]
        return ltm.CreateMemoriesRequest(memories=facts).SerializeToString()


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


async def measure(
    call: Call, requests: Sequence[bytes], concurrency: int, pids: Sequence[int]
) -> Measured:
    """Keep `concurrency` calls in flight for `SECONDS` and time each; watch some processes."""
    took: list[float] = []
    used = [processor_seconds(pid) for pid in pids]
    ends = time.perf_counter() + SECONDS

    async def worker(offset: int) -> None:
        position = offset
        while (began := time.perf_counter()) < ends or len(took) < _FEWEST:
            await call(requests[position % len(requests)])
            took.append(time.perf_counter() - began)
            position += concurrency

    began = time.perf_counter()
    await asyncio.gather(*(worker(offset) for offset in range(concurrency)))
    seconds = time.perf_counter() - began
    cpu = [
        (processor_seconds(pid) - before) / len(took)
        for pid, before in zip(pids, used, strict=True)
    ]
    cuts = statistics.quantiles(took, n=100)
    return Measured(len(took) / seconds, cuts[49], cuts[98], cpu)


@asynccontextmanager
async def raw_call(address: str, method: str, seconds: float = 10) -> AsyncIterator[Call]:
    """A method called with bytes in and bytes out, which answers in so many seconds."""
    async with grpc.aio.insecure_channel(address) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)

        async def with_deadline(request: bytes) -> bytes:
            return await call(request, timeout=seconds)

        yield with_deadline


async def serve_echo(response: bytes) -> None:
    """Answer every call with `response` until standard input closes."""

    async def answer(_request: bytes, _context: object) -> bytes:
        return response

    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("benchmark.Echo", {"Call": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(None)


@asynccontextmanager
async def echo_process(response: bytes) -> AsyncIterator[tuple[str, int]]:
    """An echo server in a process of its own; gives its address and its process id."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(response)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, "--echo", file.name),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the echo process has no pipes")
        try:
            port = json.loads(await process.stdout.readline())["port"]
            yield f"127.0.0.1:{port}", process.pid
        finally:
            process.stdin.close()
            await process.wait()


def sentence(number: int) -> str:
    """One of many different short facts."""
    place, thing = PLACES[number % 10], THINGS[number // 10 % 9]
    return f"User {DEEDS[number // 90 % 8]} {thing} in {place}, as noted on day {number}"


def fact(number: int) -> str:
    """One of a thousand facts that differ in what they are about."""
    deed, thing, place = DEEDS[number % 8], THINGS[number // 8 % 9], PLACES[number // 72 % 10]
    return f"User {deed} {thing} in {place} with {NAMES[number // 100 % 10]}"


def question(number: int) -> str:
    """One of many different questions about those facts."""
    return f"who {DEEDS[number % 8]} {THINGS[number % 9]} in {PLACES[number % 10]}?"


async def load_memories(stub: "ltm_grpc.LongTermMemoryServiceAsyncStub") -> None:
    """Store the records that searches look through, without a comparison of them."""
    for start in range(0, MEMORIES, BATCH):
        records = [
            memory_pb2.Memory(text=sentence(number), user_id=f"user-{number % 10}")
            for number in range(start, start + BATCH)
        ]
        request = ltm.CreateMemoriesRequest(memories=records, deduplication=NOT_COMPARED)
        await stub.CreateMemories(request, timeout=600)


def said(number: int) -> message_pb2.Message:
    """A message of a conversation."""
    role = ("user", "assistant")[number % 2]
    return message_pb2.Message(role=role, content=f"{sentence(number)}. What do you think of it?")


async def fill(stack: Stack, *, memories: bool) -> None:
    """Store what the calls are about."""
    silent = strategy_pb2.ExtractionConfig(
        strategy=strategy_pb2.EXTRACTION_STRATEGY_NONE, index_messages=False
    )
    async with grpc.aio.insecure_channel(str(stack.services["working_memory"])) as channel:
        stub: wm_grpc.WorkingMemoryServiceAsyncStub = wm_grpc.WorkingMemoryServiceStub(channel)
        for number in range(64):
            session = working_memory_pb2.WorkingMemory(
                session_id=f"silent-{number}", extraction=silent
            )
            await stub.SetWorkingMemory(wm.SetWorkingMemoryRequest(working_memory=session))
        twenty = wm.AppendMessagesRequest(session_id="read", messages=map(said, range(20)))
        await stub.AppendMessages(twenty, timeout=10)
    if memories:
        async with grpc.aio.insecure_channel(str(stack.services["long_term_memory"])) as channel:
            await load_memories(ltm_grpc.LongTermMemoryServiceStub(channel))


def subjects(stack: Stack, only: str) -> list[Subject]:
    """Prepare the requests of the RPCs whose names contain `only`."""
    mine = filter_pb2.MemoryFilter(user_id=filter_pb2.TagFilter(eq="user-3"))
    owned, whole = (
        [search_pb2.SearchQuery(text=question(n), filter=each) for n in range(90)]
        for each in (mine, None)
    )

    def of(service: str, name: str, path: str, requests: Iterable[Message]) -> Subject:
        return Subject(name, service, str(stack.services[service]), path, packed(requests))

    def creating(size: int, name: str) -> Subject:
        address = str(stack.services["long_term_memory"])
        path = f"{LONG_TERM_MEMORY}/CreateMemories"
        requests, alone = Creations(size), size > 1
        return Subject(name, "long_term_memory", address, path, requests, alone)

    def searching(name: str, queries: Iterable[search_pb2.SearchQuery]) -> Subject:
        requests = (ltm.SearchMemoriesRequest(query=query, page_size=10) for query in queries)
        return of("long_term_memory", name, f"{LONG_TERM_MEMORY}/SearchMemories", requests)

    def appending(name: str, session: str) -> Subject:
        requests = (
            wm.AppendMessagesRequest(session_id=f"{session}-{n}", messages=[said(0), said(1)])
            for n in range(64)
        )
        return of("working_memory", name, f"{WORKING_MEMORY}/AppendMessages", requests)

    prompts = (
        wm.BuildMemoryPromptRequest(
            query=query.text,
            session=wm.PromptSession(session_id="read"),
            long_term_search=wm.LongTermSearch(query=query),
        )
        for query in owned
    )
    read = [wm.GetWorkingMemoryRequest(session_id="read")]
    prepared = [
        of(
            "working_memory",
            "GetWorkingMemory, 20 messages",
            f"{WORKING_MEMORY}/GetWorkingMemory",
            read,
        ),
        appending("AppendMessages, 2 messages, nothing extracted", "silent"),
        searching(f"SearchMemories, an owner's 1,000 of {MEMORIES:,}", owned),
        searching(f"SearchMemories, the tenant's {MEMORIES:,}", whole),
        of(
            "working_memory",
            "BuildMemoryPrompt, 20 messages, owner's search",
            f"{WORKING_MEMORY}/BuildMemoryPrompt",
            prompts,
        ),
        creating(1, "CreateMemories, 1"),
        creating(BATCH, f"CreateMemories, {BATCH}"),
        appending("AppendMessages, 2 messages, pipeline running", "write"),
    ]
    return [subject for subject in prepared if only in subject.name]


async def learn(subject: Subject) -> None:
    """Have all texts of creations embedded, as facts of an owner who is not compared."""
    async with raw_call(subject.address, subject.method, 600) as call:
        for first in range(0, KNOWN, BATCH):
            texts = map(fact, range(first, first + BATCH))
            facts = [memory_pb2.Memory(text=text, user_id="learned") for text in texts]
            request = ltm.CreateMemoriesRequest(memories=facts, deduplication=NOT_COMPARED)
            await call(request.SerializeToString())


async def unfinished(client: Redis) -> int:
    """Count what is on its way and what is due and left undone."""
    left = 0
    async for key in client.scan_iter("am:*", count=1000):
        name = key.decode()
        if re.search(r":outbox$", name):
            left += int(await client.xlen(name))
        elif re.search(r"^am:ex:.*:leases$", name):
            left += int(await client.zcard(name))
        elif re.search(r"^am:ex:.*:waiting$", name):
            left += int(await client.zcount(name, 0, time.time() * 1e6))
    return left


async def settled(client: Redis) -> None:
    """Wait until all is done that follows from calls."""
    left = await unfinished(client)
    while left:
        await asyncio.sleep(PAUSE_SECONDS)
        left = await unfinished(client)


def packed(messages: Iterable[Message]) -> list[bytes]:
    """Requests as bytes."""
    return [message.SerializeToString() for message in messages]


async def compare(
    subject: Subject, pids: Mapping[str, int], options: argparse.Namespace, table: Table
) -> None:
    """Measure an RPC and its echo in turns, and add a row for each concurrency."""
    watched = [pids[subject.service], pids["store"]]
    watched += [pid for pid in pids.values() if pid not in watched]
    if isinstance(subject.requests, Creations):
        await learn(subject)
    async with raw_call(subject.address, subject.method, 60) as call:
        response = await call(subject.requests[0])
        async with echo_process(response) as (address, pid), raw_call(address, ECHO) as bare:
            for concurrency in [1] if subject.alone else options.in_flight:
                pairs = [
                    (
                        await measure(bare, subject.requests, concurrency, [pid]),
                        await measure(call, subject.requests, concurrency, watched),
                    )
                    for _ in range(options.rounds)
                ]
                table.add_row(subject.name, str(concurrency), *figures(pairs))


def figures(pairs: Sequence[tuple[Measured, Measured]]) -> list[str]:
    """Return the columns of runs of an echo, each with the run of the product beside it."""

    def median(of: Callable[[Measured, Measured], float]) -> float:
        return statistics.median(of(echo, product) for echo, product in pairs)

    times = [
        f"{median(p50) * 1e3:.2f} / {median(p99) * 1e3:.2f}"
        for p50, p99 in (
            (lambda _, product: product.p50, lambda _, product: product.p99),
            (lambda echo, _: echo.p50, lambda echo, _: echo.p99),
        )
    ]
    used = [
        median(lambda _, product: product.cpu[0]),
        median(lambda _, product: product.cpu[1]),
        median(lambda _, product: sum(product.cpu[2:])),
        median(lambda echo, _: echo.cpu[0]),
    ]
    return [
        f"{median(lambda _, product: product.per_second):,.0f}",
        f"{median(lambda echo, _: echo.per_second):,.0f}",
        *times,
        f"{median(lambda echo, product: product.p50 / echo.p50):.1f}x",
        *(f"{seconds * 1e6:.0f}" for seconds in used),
    ]


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description="The main RPCs beside a bare gRPC echo")
    parser.add_argument("--only", default="", help="measure the RPCs whose names contain this")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--in-flight",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[1, 8, 64],
    )
    return parser.parse_args()


async def main(options: argparse.Namespace) -> None:
    """Start a stack in an empty folder, measure, and print one table."""
    table = Table(title="The product beside a bare gRPC echo of the same payload")
    for heading in (
        *("RPC", "in flight", "calls/s", "echo/s", "p50 / p99 ms", "echo ms", "p50 ratio"),
        *("service us", "store us", "others us", "echo us"),
    ):
        table.add_column(heading, justify="left" if heading == "RPC" else "right")
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder) / "store")
        async with store, connect(store.url) as client:
            stack = Stack(StackOptions(state_dir=Path(folder), gateway=False, redis_url=store.url))
            async with stack:
                pids = {name: process.child.pid for name, process in stack.processes.items()}
                pids["store"] = store.child.pid
                chosen = subjects(stack, options.only)
                await fill(stack, memories=any("earch" in each.name for each in chosen))
                for subject in chosen:
                    await settled(client)
                    await compare(subject, pids, options, table)
    Console(width=150).print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--echo"]:
        uvloop.run(serve_echo(Path(sys.argv[2]).read_bytes()))
    else:
        uvloop.run(main(arguments()))
