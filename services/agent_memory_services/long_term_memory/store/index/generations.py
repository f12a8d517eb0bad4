"""Keeping to the store's present index, while another takes its place.

Every process reads the store's record again and again, follows it, and notes its progress: twice a
second while an index takes the place of another, and every two seconds where none did for half a
minute. A process that replaces an index continues only when every live process has followed.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.kit.contract import clock, ids
from agent_memory_services.kit.contract.shown_errors import described
from agent_memory_services.kit.redis.background import Periodic, Rest
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.embeddings.base import Embedder, EmbeddingError
from agent_memory_services.long_term_memory.store.embeddings.factory import create_embedder
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.index.layout import Generation, Indexes, read
from agent_memory_services.long_term_memory.store.memories import MemoryStore

log = structlog.get_logger()

_LOOK_SECONDS: Final = 0.5
_IDLE_LOOK_SECONDS: Final = 2.0
_GONE_AFTER: Final = 10_000_000
_READERS: Final = Shard(0).readers


@dataclass(frozen=True, slots=True)
class Reader:
    """Progress of a process in following the record.

    Attributes:
        seen: when it last said so, in microseconds.
        current: the generation that it asks.
        beside: the other generation that it writes to, 0 for none.
        trouble: why it cannot follow any further; empty where it can.
    """

    seen: int
    current: int
    beside: int
    trouble: str = ""

    def pack(self) -> str:
        """As the store keeps it."""
        return f"{self.seen}:{self.current}:{self.beside}:{self.trouble}"

    @classmethod
    def unpack(cls, packed: bytes) -> "Reader":
        """As the store keeps it."""
        seen, current, beside, trouble = packed.decode().split(":", 3)
        return cls(int(seen), int(current), int(beside), trouble)


async def readers(client: Redis) -> Mapping[str, Reader]:
    """Read the processes that are alive, by their ids."""
    found = cast("dict[bytes, bytes]", await client.hgetall(_READERS))
    known = {name.decode(): Reader.unpack(packed) for name, packed in found.items()}
    now = clock.now_micros()
    gone = [name for name, reader in known.items() if now - reader.seen > _GONE_AFTER]
    if gone:
        await client.hdel(_READERS, *gone)
    return {name: reader for name, reader in known.items() if name not in gone}


def index_of(client: Redis, generation: Generation) -> MemoryIndex:
    """Return a generation of the index."""
    layout = generation.layout
    return MemoryIndex(
        client, layout.shards, generation.vectors, layout.dimension, generation.number
    )


class Follower:
    """Keeps an index and a vectorizer to what the store's record says."""

    def __init__(
        self,
        client: Redis,
        settings: EmbeddingSettings,
        embedder: Embedder,
        *,
        index: MemoryIndex,
        store: MemoryStore,
        vectorizer: Vectorizer,
    ) -> None:
        self._client = client
        self._settings = settings
        self._embedders = [embedder]
        self._index = index
        self._store = store
        self._vectorizer = vectorizer
        self._name = ids.new_id()
        self._opened = AsyncExitStack()
        self._rest = Rest(_LOOK_SECONDS, _IDLE_LOOK_SECONDS)
        self._steps = Periodic(self._step, _LOOK_SECONDS, delay=_LOOK_SECONDS, report=_note_unseen)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow while the block runs.

        Raises:
            EmbeddingError: the embedder of the present index cannot be opened.
            ValueError: its settings lack something, or it embeds otherwise than the record says.
        """
        async with self._opened:
            if indexes := await read(self._client):
                await self._follow(indexes)
            await self._tell("")
            try:
                async with self._steps.running():
                    yield
            finally:
                with suppress(RedisError):
                    await self._client.hdel(_READERS, self._name)

    async def _step(self) -> float:
        """Look, and tell; answers the seconds until the next look."""
        await self._tell(await self._look())
        return self._rest.seconds

    async def _look(self) -> str:
        """Do as the record says; answers why that cannot be done."""
        indexes = await read(self._client)
        if indexes is not None and (indexes.beside or indexes.numbers() != self._numbers()):
            self._rest.found()
        if indexes is None or indexes.numbers() == self._numbers():
            return ""
        try:
            await self._follow(indexes)
        except (EmbeddingError, ValueError) as error:
            log.error("generations.stuck", error=described(error))  # noqa: TRY400 - it says it all
            return f"{type(error).__name__}: {error}"
        log.info("generations.followed", current=self._numbers()[0], beside=self._numbers()[1])
        return ""

    async def _follow(self, indexes: Indexes) -> None:
        """Make both spaces before either is used.

        Raises:
            EmbeddingError: an embedder cannot be opened.
            ValueError: its settings lack something, or it embeds otherwise than the record says.
        """
        current = await self._space(indexes.current)
        beside = await self._space(indexes.beside) if indexes.beside else None
        self._vectorizer.current, self._vectorizer.beside = current, beside
        self._index.generation = indexes.current.number
        self._store.generations = tuple(filter(None, indexes.numbers()))

    async def _space(self, generation: Generation) -> Space:
        for space in (self._vectorizer.current, self._vectorizer.beside):
            if space is not None and space.generation == generation.number:
                return space
        return Space(await self._embedder(generation), generation.vectors, generation.number)

    async def _embedder(self, generation: Generation) -> Embedder:
        wanted = generation.layout.fingerprint
        for embedder in self._embedders:
            if embedder.fingerprint == wanted:
                return embedder
        opened = await create_embedder(generation.opened_by(self._settings))
        await self._opened.enter_async_context(aclosing(opened))
        if opened.fingerprint != wanted:
            raise ValueError(f"the embedder opened as {opened.fingerprint}, not {wanted}")
        self._embedders.append(opened)
        return opened

    async def _tell(self, trouble: str) -> None:
        reader = Reader(clock.now_micros(), *self._numbers(), trouble)
        await self._client.hset(_READERS, self._name, reader.pack())

    def _numbers(self) -> tuple[int, int]:
        beside = self._vectorizer.beside
        return self._vectorizer.current.generation, beside.generation if beside else 0


def _note_unseen(error: Exception) -> None:
    log.warning("generations.unseen", error=type(error).__name__)
