"""A process starts only on a store that it will read as it was written."""

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from redis.commands.search.query import Query

from agent_memory.common.v1.memory_pb2 import Claim
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.listing import Listing
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.embeddings.base import Fingerprint
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings
from agent_memory_services.long_term_memory.store.index.engine import require_complete_answers
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from agent_memory_services.long_term_memory.store.index.layout import (
    Generation,
    Indexes,
    LayoutMismatchError,
    as_stored,
    claim,
    read,
)
from tests.integration.long_term_memory.conftest import DIMENSION, SHARDS, Inserting, memory

MADE_WITH = Fingerprint("model", "1", 4, normalized=True)
MINE = Generation.of(MADE_WITH, VectorIndex(), 2, EmbeddingSettings())


async def test_a_layout_is_claimed_once(redis: Redis) -> None:
    """Processes with one layout share a store, whoever comes first."""
    await asyncio.gather(*(claim(redis, MINE) for _ in range(5)))
    assert await read(redis) == Indexes(MINE)


async def test_a_store_keeps_what_nobody_chose(redis: Redis) -> None:
    """A new one gets half precision and fewer links; an earlier one goes on with what it has."""
    new = VectorIndex(precision="float16", m=12)
    assert await as_stored(redis, new, {"precision", "m"}) == new
    await claim(redis, MINE)
    assert await as_stored(redis, new, {"precision", "m"}) == MINE.vectors
    assert await as_stored(redis, new, {"precision"}) == VectorIndex(m=12)
    assert await as_stored(redis, new, set()) == new


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "other"}, "model: model, not other"),
        ({"model_version": "2"}, "model_version: 1, not 2"),
        ({"dimension": 5}, "dimension: 4, not 5"),
        ({"vectors": "flat float32"}, "vectors: hnsw float32"),
        ({"shards": 1}, "shards: 2, not 1"),
        ({"shards": 3}, "shards: 2, not 3"),
        ({"schema": 0}, "schema: 1, not 0"),
    ],
)
async def test_another_layout_is_refused(
    redis: Redis, change: dict[str, object], named: str
) -> None:
    """A store that was written otherwise is refused with what differs and the cure."""
    await claim(redis, MINE)
    other = replace(MINE.layout, **change)  # type: ignore[arg-type]
    with pytest.raises(LayoutMismatchError) as refused:
        await claim(redis, replace(MINE, layout=other))
    assert named in str(refused.value)
    assert "agent-memory reindex" in str(refused.value)
    assert await claim(redis, MINE) == Indexes(MINE)


async def test_an_index_is_made_once(redis: Redis) -> None:
    """Processes that start together make one index."""
    indexes = [MemoryIndex(redis, SHARDS, VectorIndex(), DIMENSION) for _ in range(4)]
    await asyncio.gather(*(index.create() for index in indexes))
    names = {name.decode() for name in await redis.execute_command("FT._LIST")}
    assert names == {Shard(0).index(1), Shard(1).index(1)}


async def test_an_index_of_an_earlier_release_gets_what_was_added(
    redis: Redis, insert: Inserting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No index is rebuilt for it, and the earlier release goes on with the same one."""
    present = MemoryIndex(redis, SHARDS, VectorIndex(), DIMENSION)
    await present.drop()
    known_then = {name: field for name, field in fields.TAGS.items() if not field.added}
    with monkeypatch.context() as patch:
        patch.setattr(fields, "TAGS", known_then)
        await MemoryIndex(redis, SHARDS, VectorIndex(), DIMENSION).create()
    told = Claim(holder="user", relation="live", value="in rome")
    question = Query(str(conditions.Tag(fields.CLAIMS, ("user\nlive",)))).no_content()
    for _ in range(2):
        await present.create()
    await insert(memory(claims=[told]))
    [found] = await present.search(insert.tenant, [question.dialect(2)])
    assert found.total == 1


async def test_a_lost_index_reads_what_is_stored(
    redis: Redis, index: MemoryIndex, insert: Inserting
) -> None:
    """An index that was dropped comes back at the next start with every memory."""
    await insert(*(memory(f"{at}") for at in range(300)))
    await redis.execute_command("FT.DROPINDEX", insert.store.shard("acme").index(1))
    await index.create()
    async with asyncio.timeout(60):
        while await index.indexing():
            await asyncio.sleep(0.01)
    assert await Listing(index).count(Scope("acme"), ALWAYS) == 300


async def test_the_engine_is_set_to_answer_completely(redis: Redis) -> None:
    """Settings that would cut answers short are changed, and then found in order."""
    cut = {"ON_TIMEOUT": "return", "MAXPREFIXEXPANSIONS": "200", "MINPREFIX": "2"}
    for name, value in cut.items():
        await redis.execute_command("FT.CONFIG", "SET", name, value)
    await require_complete_answers(redis)
    kept = {name: await redis.execute_command("FT.CONFIG", "GET", name) for name in cut}
    assert {name: answer[0][1] for name, answer in kept.items()} == {
        "ON_TIMEOUT": b"fail",
        "MAXPREFIXEXPANSIONS": b"1000000000",
        "MINPREFIX": b"1",
    }
