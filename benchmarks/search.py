"""What a search costs as memories grow, beside the engine's bare query for nearest neighbours.

    python benchmarks/search.py [--sizes 10000 100000] [--questions 200] [--precision float16]
                                [--redis-url redis://...]

For each size, a store is filled with that many memories: texts of words that are as unequally
frequent as those of a language, vectors in clusters, and owners of very unequal size, one of them
with 1,000 memories. Then each question is asked through the service, over gRPC with its default
settings, once within that owner, once more by a service that keeps no owner's memories as columns
and so asks the index, and once within the whole tenant. Beside each stands a bare grpc.aio echo of
the same bytes, and all take turns, question by question; callers and servers share a process, whose
processor time says more than the clock on a busy machine. Questions are of six words
beyond the hundred most frequent ones, which stand for the stop words of a language. The question's
vector is in the cache, as embedding costs the same at every size. Beside it stands
`FT.SEARCH ... KNN 10` alone, sent to the same store with the same condition. The last lines tell
what it costs the process to read that owner into columns, in processor time.

Every memory has metadata, `agent.id` with 20 values and `number` with 100. A second table tells
what a condition on them adds to a search, and what it costs to list the values of a field; once
more when another tenant has memories of 256 other keys. All of its rows take turns.

The store is one of this process's own, which ends with it, unless `--redis-url` names one. That
one is kept, and a later run with the same precision goes on with what it holds; `--questions 0`
only fills it. 1,000,000 memories need 10 GB, or 6 GB as float16, and an hour.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from agent_memory.common.v1.filter_pb2 import (
    MemoryFilter,
    MetadataFilter,
    MetadataNumberFilter,
    TagFilter,
)
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.environment import SecretUrl
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.server import server
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS, Node, Tag
from agent_memory_services.long_term_memory.domain.fields import FIRST_GENERATION
from agent_memory_services.long_term_memory.domain.memory import Change, MemoryVectors, draft
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.search.legs import DenseLeg
from agent_memory_services.long_term_memory.store.index.index import (
    MemoryIndex,
    Precision,
    VectorIndex,
)
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.owners import OwnerColumns

TENANT, OWNER = "default", "owner"
OWNED = 1_000
DIMENSION = 384
VOCABULARY = 20_000
CLUSTERS = 200
WORDS_PER_MEMORY = 20
WORDS_PER_QUESTION = 6
PER_SESSION = 20
STOP_WORDS = 100
LOT = 1_000
COLD_READS = 5
AGENTS, NUMBERS, KEYS = 20, 100, 256
OTHER_TENANT = "other"
SERVICE = "/agent_memory.long_term_memory.v1.LongTermMemoryService"
METHOD, VALUES = f"{SERVICE}/SearchMemories", f"{SERVICE}/ListFieldValues"
Ask = Callable[[int], Awaitable[object]]
Call = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True)
class Took:
    """Medians of calls, in milliseconds: of the clock, and of processor time on both sides."""

    clock: float
    processor: float


@dataclass(frozen=True)
class Corpus:
    """Made-up memories and questions, the same in every run."""

    random: np.random.Generator

    def texts(self, count: int, words: int, *, rarer_than: int = 0) -> list[str]:
        """Texts of so many words, the k-th word of the vocabulary about k times rarer."""
        frequencies = 1 / np.arange(1, VOCABULARY + 1)
        frequencies[:rarer_than] = 0
        drawn = self.random.choice(VOCABULARY, (count, words), p=frequencies / frequencies.sum())
        return [" ".join(map(_word, row)) for row in drawn]

    def vectors(self, count: int) -> npt.NDArray[np.float32]:
        """Unit vectors around the centres of clusters."""
        centres = np.random.default_rng(0).normal(size=(CLUSTERS, DIMENSION))
        made = centres[self.random.integers(CLUSTERS, size=count)]
        made = made + 1.5 * self.random.normal(size=(count, DIMENSION))
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made.astype(np.float32)


def _word(number: int) -> str:
    """Return a word of letters alone; digits would be parts of it, which are words as well."""
    return "w" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


async def fill(client: Redis, vectors: VectorIndex, first: int, last: int, owner: str = "") -> None:
    """Store the memories with the numbers from `first` until before `last`.

    They are of one owner where one is named.
    """
    store = MemoryStore(client, 1)
    lots = iter(range(first, last, LOT))

    async def work() -> None:
        for start in lots:
            lot = lot_of(start, min(LOT, last - start), vectors, owner)
            await store.commit_each(TENANT, lot, actor="benchmark", now=now_micros())

    # While the store follows one lot, another is made.
    await asyncio.gather(work(), work())


def lot_of(first: int, count: int, index: VectorIndex, owner: str = "") -> list[Change]:
    """So many memories from a number on, of one owner where one is named."""
    corpus = Corpus(np.random.default_rng(first + 1))
    texts = corpus.texts(count, WORDS_PER_MEMORY)
    vectors = index.packed(corpus.vectors(count))
    return [
        Change(
            None,
            memory(first + at, texts[at], "benchmark", owner),
            ltm.REVISION_CAUSE_CREATE,
            MemoryVectors(vectors[at], vectors[at]),
            unique=False,
        )
        for at in range(count)
    ]


def memory(number: int, text: str, model: str, owner: str = "") -> Memory:
    """A message of a session; without a named owner, the first thousand have one of their own."""
    other = OWNER if number < OWNED else f"u{int(number**0.5)}"
    given = Memory(
        id=f"m{number}",
        text=text,
        type=MemoryType.MEMORY_TYPE_MESSAGE,
        user_id=owner or other,
        session_id=f"s{number // PER_SESSION}",
        sequence=number % PER_SESSION + 1,
    )
    agent = {"id": f"agent-{number % AGENTS}"}
    given.metadata.update({"agent": agent, "number": number % NUMBERS})
    return draft(given, now_micros(), model)


@asynccontextmanager
async def store_of(url: str | None) -> AsyncIterator[str]:
    """Where the store listens: the one that is named, or one for the moment."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStore(Path(folder), fsync="no") as store:
            yield store.url


def settings_of(url: str, precision: Precision, room: int) -> Settings:
    """The settings of a service that keeps so many bytes of owners as columns."""
    return Settings(
        redis_url=SecretUrl(url),
        listen="127.0.0.1:0",
        metrics_listen="",
        access_log=False,
        index_precision=precision,
        owner_columns_bytes=room,
    )


@dataclass(frozen=True)
class Calls:
    """The service's methods, called with bytes."""

    search: Call
    values: Call


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Calls]:
    """The service on a store."""
    async with (
        server.start(settings, lifespan) as served,
        calling(served.address, METHOD) as search,
        calling(served.address, VALUES) as values,
    ):
        yield Calls(search, values)


@asynccontextmanager
async def calling(address: str, method: str) -> AsyncIterator[Call]:
    """A method called with bytes in and bytes out."""
    metadata = (("x-agent-memory-tenant", TENANT),)
    async with grpc.aio.insecure_channel(address) as channel:
        sent: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)

        async def call(request: bytes) -> bytes:
            return await sent(request, metadata=metadata, timeout=60)

        yield call


@asynccontextmanager
async def echo(response: bytes) -> AsyncIterator[Call]:
    """A bare server that answers every call with the same bytes."""

    async def answer(_request: bytes, _context: object) -> bytes:
        return response

    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    bare = grpc.aio.server()
    bare.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("benchmark.Echo", {"Call": handler})]
    )
    port = bare.add_insecure_port("127.0.0.1:0")
    await bare.start()
    try:
        async with calling(f"127.0.0.1:{port}", "/benchmark.Echo/Call") as call:
            yield call
    finally:
        await bare.stop(None)


async def medians(asks: Sequence[Ask], count: int) -> list[Took]:
    """The medians of asking each question in each way, in turns.

    Each is asked once before, for the caches.
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in asks]
    for number in range(count):
        for ask, times in zip(asks, taken, strict=True):
            await ask(number)
            start, used = time.perf_counter(), time.process_time()
            await ask(number)
            times.append((time.perf_counter() - start, time.process_time() - used))
    return [
        Took(*(statistics.median(figures) * 1e3 for figures in zip(*times, strict=True)))
        for times in taken
    ]


def requests(questions: Sequence[str], owner: str | None, *metadata: MetadataFilter) -> list[bytes]:
    """The searches for questions, within an owner or the tenant, and by conditions on metadata."""
    filters = MemoryFilter(metadata=metadata)
    if owner:
        filters.user_id.eq = owner
    return [
        rpc.SearchMemoriesRequest(
            query=SearchQuery(text=text, filter=filters, untracked=True)
        ).SerializeToString()
        for text in questions
    ]


def sending(call: Call, requests: Sequence[bytes]) -> Ask:
    """A call with each request."""

    async def ask(number: int) -> object:
        return await call(requests[number])

    return ask


def nearest(client: Redis, vectors: Sequence[bytes], owner: str | None) -> Ask:
    """The engine's bare query for the ten nearest."""
    condition: Node = Tag(fields.USER, (owner,)) if owner else ALWAYS
    selection = Scope(TENANT).select(condition)
    index = MemoryStore(client, 1).shard(TENANT).index(FIRST_GENERATION)
    run: Any = client.execute_command

    async def ask(number: int) -> object:
        query, params = DenseLeg("", 1, fields.VECTOR, vectors[number]).query(selection, 10)
        named = list(itertools.chain.from_iterable(params.items()))
        return await run("FT.SEARCH", index, *query.get_args(), "PARAMS", len(named), *named)

    return ask


async def filtered(client: Redis, calls: Calls, texts: Sequence[str], size: int) -> Table:
    """The table of conditions on metadata, alone and beside a tenant of many other keys."""
    text = MetadataFilter(path="agent.id", text=TagFilter(eq="agent-7"))
    number = MetadataFilter(path="number", number=MetadataNumberFilter(gte=NUMBERS / 2))
    conditions = {"none": (), "text": (text,), "number": (number,), "both": (text, number)}
    asks: dict[tuple[str, str], Ask] = {}
    for owner in (OWNER, None):
        within = f"an owner's {OWNED:,}" if owner else f"the tenant's {size:,}"
        for name, metadata in conditions.items():
            asked = requests(texts, owner, *metadata)
            asks[within, f"search, {name}"] = sending(calls.search, asked)
        only = MemoryFilter(user_id=TagFilter(eq=owner)) if owner else MemoryFilter()
        listing = rpc.ListFieldValuesRequest(
            filter=only,
            field=ltm.MemoryField.MEMORY_FIELD_METADATA_VALUE,
            metadata_path="agent.id",
        ).SerializeToString()
        asks[within, "list values"] = sending(calls.values, [listing] * len(texts))
    alone = await medians(list(asks.values()), len(texts))
    others = lot_of(size, OWNED, VectorIndex())
    for at, change in enumerate(others):
        if change.after is not None:
            change.after.metadata.update({f"key-{at % KEYS}": f"value-{at}"})
    store = MemoryStore(client, 1)
    await store.commit_each(OTHER_TENANT, others, actor="benchmark", now=now_micros())
    beside = await medians(list(asks.values()), len(texts))
    headings = ("p50 ms", "CPU ms", "times none", f"beside {KEYS} keys: CPU ms")
    table = Table("within", "asked, by metadata", *headings)
    for (within, what), before, after in zip(asks, alone, beside, strict=True):
        plain = alone[list(asks).index((within, "search, none"))].processor
        table.add_row(
            within,
            what,
            f"{before.clock:.2f}",
            f"{before.processor:.2f}",
            f"{before.processor / plain:.2f}",
            f"{after.processor:.2f}",
        )
    return table


async def measure(options: argparse.Namespace) -> list[Table]:
    """The table of all sizes, and that of conditions on metadata at the last."""
    count = options.questions
    corpus = Corpus(np.random.default_rng(1))
    texts = corpus.texts(count, WORDS_PER_QUESTION, rarer_than=STOP_WORDS)
    headings = ("p50 ms", "echo ms", "times echo", "CPU ms", "times echo", "KNN 10 ms")
    table = Table("memories", "within", "by", *headings)
    async with (
        store_of(options.redis_url) as url,
        connect(url, timeout=60) as client,
        running(settings := settings_of(url, options.precision, 1 << 28)) as columns,
        running(settings_of(url, options.precision, 0)) as index,
    ):
        vectors = settings.vectors.packed(corpus.vectors(count))
        stored = int(await held(client) or 0)
        for size in sorted(options.sizes):
            await fill(client, settings.vectors, stored, size)
            stored = max(size, stored)
            for owner in (OWNER, None) if count else ():
                asked = requests(texts, owner)
                ways = {"index": index.search}
                if owner:
                    ways = {"columns": columns.search, **ways}
                async with echo(await index.search(asked[0])) as bare:
                    asks = [sending(call, asked) for call in (*ways.values(), bare)]
                    asks.append(nearest(client, vectors, owner))
                    *took, alone, near = await medians(asks, count)
                within = f"an owner's {OWNED:,}" if owner else "the tenant"
                for way, taken in zip(ways, took, strict=True):
                    table.add_row(f"{stored:,}", within, way, *figures(taken, alone, near))
        if count:
            table.caption = await cold(client, settings)
            return [table, await filtered(client, columns, texts, stored)]
    return [table]


def figures(taken: Took, alone: Took, near: Took) -> list[str]:
    """The columns of a way of searching, beside an echo and the engine alone."""
    return [
        f"{taken.clock:.2f}",
        f"{alone.clock:.2f}",
        f"{taken.clock / alone.clock:.1f}",
        f"{taken.processor:.2f}",
        f"{taken.processor / alone.processor:.1f}",
        f"{near.clock:.2f}",
    ]


async def held(client: Redis) -> Any:
    """How many memories the store has of earlier runs."""
    sizes: Any = client.hget(MemoryStore(client, 1).shard(TENANT).sizes, TENANT)
    return await sizes


async def cold(client: Redis, settings: Settings) -> str:
    """The processor time of reading an owner into columns."""
    index = MemoryIndex(client, 1, settings.vectors, DIMENSION)
    taken = []
    for _ in range(COLD_READS):
        owners = OwnerColumns(client, index, 1, 1 << 28)
        start = time.process_time()
        await owners.of(TENANT, OWNER, FIRST_GENERATION, settings.vectors.precision)
        taken.append((time.process_time() - start) * 1e3)
    return f"{OWNED:,} memories read into columns: {statistics.median(taken):.1f} ms of processor"


def as_a_process() -> None:
    """Start again where the settings of a process of the product are missing; see its program."""
    settings = {"OPENBLAS_NUM_THREADS": "1", "AGENT_MEMORY_AUTH": "off"}
    if not settings.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, *sys.argv], settings | os.environ)  # noqa: S606


def main() -> None:
    """Run and print."""
    as_a_process()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--precision", choices=["float32", "float16"], default="float32")
    parser.add_argument("--redis-url")
    Console().print(*asyncio.run(measure(parser.parse_args())), sep="\n")


if __name__ == "__main__":
    main()
