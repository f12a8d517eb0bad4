"""An index is replaced by another while real processes write and search."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import grpc
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import RecencyOptions, SearchMode, SearchQuery
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.commands import reindex
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space
from agent_memory_services.long_term_memory.store.index import reindexing
from agent_memory_services.long_term_memory.store.index.index import VectorIndex
from agent_memory_services.long_term_memory.store.index.layout import (
    Generation,
    Indexes,
    LayoutMismatchError,
    advance,
    claim,
    read,
)
from agent_memory_services.long_term_memory.store.index.reindexing import Reindexing
from tests.integration.long_term_memory.conftest import SHARDS, Inserting, memory
from tests.integration.long_term_memory.embeddings.provider import Provider
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stubs import LongTermMemoryStub
from tests.support.waiting import eventually

STORED = 300
PREFIX = "AGENT_MEMORY_LONG_TERM_MEMORY_"
OLD = {"EMBEDDING_MODEL": "old", "EMBEDDING_DIMENSION": "8"}
NEW = {"EMBEDDING_MODEL": "new", "EMBEDDING_DIMENSION": "16", "INDEX_PRECISION": "float16"}


def environment(provider: Provider, redis_url: str, settings: Mapping[str, str]) -> dict[str, str]:
    """What a process of these settings is started with."""
    return {
        **os.environ,
        "AGENT_MEMORY_LISTEN": "127.0.0.1:0",
        "AGENT_MEMORY_METRICS_LISTEN": "",
        "AGENT_MEMORY_ACCESS_LOG": "false",
        "AGENT_MEMORY_REDIS_URL": redis_url,
        f"{PREFIX}EMBEDDING_BASE_URL": provider.url,
        **{PREFIX + name: value for name, value in settings.items()},
    }


@dataclass(frozen=True)
class Command:
    """`agent-memory NAME`, and what it shows."""

    process: asyncio.subprocess.Process
    output: Path

    @property
    def shown(self) -> str:
        """Everything it printed and logged."""
        return self.output.read_text()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()

    async def ended(self) -> None:
        """Wait for its end, which has to be a success."""
        assert await asyncio.wait_for(self.process.wait(), 100) == 0, self.shown

    async def address(self) -> str:
        """Where the service listens, once it is ready."""
        await eventually(lambda: "server.ready" in self.shown, within=60)
        [line] = [line for line in self.shown.splitlines() if "server.ready" in line]
        return str(json.loads(line)["address"])


@asynccontextmanager
async def command(name: str, given: dict[str, str], output: Path) -> AsyncIterator[Command]:
    """The command, killed at the latest when the block is left."""
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agent_memory_services", name),
            env=given,
            stdout=file,
            stderr=file,
        )
    try:
        yield Command(process, output)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@dataclass(frozen=True)
class Rebuild:
    """A rebuild as the command does it, in this process."""

    task: asyncio.Task[bool]

    def kill(self) -> None:
        """End it wherever it is."""
        self.task.cancel()

    async def ended(self) -> None:
        """Wait for its end, which has to be a success."""
        assert await asyncio.wait_for(self.task, 100)


@asynccontextmanager
async def rebuild(settings: Settings) -> AsyncIterator[Rebuild]:
    """A rebuild, ended at the latest when the block is left."""
    task = asyncio.create_task(reindex._run(settings, lambda *_: None))
    try:
        yield Rebuild(task)
    finally:
        task.cancel()
        await asyncio.wait([task])


@dataclass
class Talk:
    """Writes and searches without a pause, and keeps what was missed."""

    stub: LongTermMemoryStub
    known: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    asked: int = 0

    async def store(self, *texts: str) -> None:
        """Store memories of these texts."""
        request = rpc.CreateMemoriesRequest(memories=[Memory(text=text) for text in texts])
        await self.stub.CreateMemories(request, timeout=60)
        self.known += texts

    async def finds(self, text: str) -> bool:
        """Whether the memory of a text is the nearest to it."""
        query = SearchQuery(
            text=text,
            mode=SearchMode.SEARCH_MODE_SEMANTIC,
            recency=RecencyOptions(enabled=False),
            untracked=True,
        )
        request = rpc.SearchMemoriesRequest(query=query, page_size=1)
        hits = (await self.stub.SearchMemories(request, timeout=60)).hits
        return bool(hits) and hits[0].memory.text == text and hits[0].distance < 0.01

    async def go_on(self) -> None:
        """Store a memory and look for it and for an older one, again and again."""
        while True:
            number = self.asked
            self.asked += 1
            await self.store(f"written {number}")
            for text in (f"written {number}", self.known[number * 37 % len(self.known)]):
                if not await self.finds(text):
                    self.missed.append(text)
            await asyncio.sleep(0.02)


async def filled(redis: Redis) -> int:
    """How many memories have vectors of the second generation."""
    keys = [key async for key in redis.scan_iter(match=f"{Shard(0).memory_prefix}*", count=1000)]
    async with redis.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.hexists(key, "vector_2")
        return sum(await pipeline.execute())


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """An embeddings endpoint that knows every model."""
    async with Provider().serve() as provider:
        yield provider


async def test_a_rebuild_is_given_up(redis: Redis, insert: Inserting) -> None:
    """With the settings of the present index, an unfinished one goes and leaves nothing behind."""
    embedder = await LocalEmbedder.open()
    made, exact = VectorIndex(), VectorIndex(algorithm="flat")
    settings = EmbeddingSettings()
    present = Generation.of(embedder.fingerprint, made, SHARDS, settings)
    other = Generation.of(embedder.fingerprint, exact, SHARDS, settings, number=2)
    await insert(memory("tea"))
    pattern = f"{insert.store.shard('acme').memory_prefix}*"
    [key] = [key async for key in redis.scan_iter(match=pattern)]
    await redis.hset(key, "vector_2", b"half done")
    await advance(redis, await claim(redis, present), Indexes(present, other))
    space = Space(embedder, made)
    assert await Reindexing(redis, present, space, lambda *_: None).run()
    assert await read(redis) == Indexes(present)
    assert not await redis.hexists(key, "vector_2")
    assert not await Reindexing(redis, present, space, lambda *_: None).run()
    await embedder.aclose()


async def test_an_index_is_replaced_under_writes_and_searches(
    redis: Redis, redis_url: str, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild for another model is killed and repeated, and no search fails or falls short."""
    monkeypatch.setattr(reindexing, "_GRACE_SECONDS", 1.0)
    common = {"redis_url": redis_url, "embedding_base_url": provider.url}
    old, new = (
        configured(Settings, **common, **{name.lower(): value for name, value in given.items()})
        for given in (OLD, NEW)
    )
    async with serving(lifespan, old) as served:
        await _replaced(redis, LongTermMemoryServiceStub(served.channel), lambda: rebuild(new))


@pytest.mark.long
async def test_an_index_is_replaced_while_processes_write_and_search(
    redis: Redis, redis_url: str, provider: Provider, tmp_path: Path
) -> None:
    """The same of the command beside a service."""
    old, new = (environment(provider, redis_url, settings) for settings in (OLD, NEW))
    outputs = iter(("killed", "again"))
    async with (
        command("long-term-memory", old, tmp_path / "old") as service,
        grpc.aio.insecure_channel(await service.address()) as channel,
    ):
        await _replaced(
            redis,
            LongTermMemoryServiceStub(channel),
            lambda: command("reindex", new, tmp_path / next(outputs)),
        )


async def _replaced(
    redis: Redis,
    stub: LongTermMemoryStub,
    rebuilding: Callable[[], AbstractAsyncContextManager[Command | Rebuild]],
) -> None:
    talk = Talk(stub)
    for start in range(0, STORED, 100):
        await talk.store(*(f"memory {number}" for number in range(start, start + 100)))
    talking = asyncio.create_task(talk.go_on())

    async with rebuilding() as killed, asyncio.timeout(60):
        while not await filled(redis):
            await asyncio.sleep(0.002)
        killed.kill()
    indexes = await read(redis)
    assert indexes is not None
    assert indexes.numbers() == (1, 2)
    assert indexes.building is not None

    async with rebuilding() as again:
        await again.ended()
    assert not talking.done()
    talking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await talking
    assert talk.missed == []
    assert talk.asked > 0

    assert await redis.execute_command("FT._LIST") == [Shard(0).index(2).encode()]
    keys = [key async for key in redis.scan_iter(match=f"{Shard(0).memory_prefix}*")]
    for key in keys:
        assert await redis.hstrlen(key, "vector_2") == 2 * 16
        assert not await redis.hexists(key, "vector")
    for text in talk.known[-20:]:
        assert await talk.finds(text)

    with pytest.raises(LayoutMismatchError, match="model: new, not old") as refused:
        await claim(redis, indexes.current)
    assert "agent-memory reindex" in str(refused.value)
    assert await claim(redis, replace(indexes.building, number=1)) == await read(redis)
