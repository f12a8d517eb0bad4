"""Writes of memories whose way to the store breaks leave all or nothing, and may be repeated."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.exceptions import RedisError

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.memories.editing import Memories
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import VectorIndex
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from tests.integration.long_term_memory.conftest import SHARDS, Writing, creation, memory
from tests.integration.long_term_memory.history.conftest import Lengths
from tests.support.cut_line import CutLine

IDS = ["a", "b", "c"]
Write = Callable[[Memories, Scope], Awaitable[object]]


async def an_update(memories: Memories, scope: Scope) -> object:
    """Other words and another owner."""
    after = Memory(id="a", text="other", user_id="bob")
    return await memories.update(scope, after, ["text", "user_id"], actor="tester")


async def a_deletion(memories: Memories, scope: Scope) -> object:
    """Several memories."""
    return await memories.delete(scope, IDS, actor="tester")


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[CutLine]:
    """A way to the store that breaks where a test wants."""
    async with CutLine.to(redis_url) as line:
        yield line


@pytest.mark.parametrize("write", [an_update, a_deletion])
@pytest.mark.parametrize("answered", [False, True])
async def test_a_write_that_broke_is_whole_and_can_be_repeated(
    store: MemoryStore, line: CutLine, write: Write, answered: bool
) -> None:
    """Cut at each command in turn, before or after it ran: the repeated call ends the same."""
    async with connect(line.url, max_connections=1) as client:
        vectorizer = Vectorizer(Space(Lengths(), VectorIndex(algorithm="flat")))
        memories = Memories(MemoryStore(client, SHARDS), vectorizer)
        at, cut = 0, True
        while cut:
            at += 1
            scope = Scope(new_id())
            await Writing(store, scope.tenant)(
                *(creation(memory(each, id=each, user_id="alice")) for each in IDS)
            )
            # It opens the connection that the commands travel over.
            await client.exists("k")
            line.cut_at(at, answered=answered)
            try:
                await write(memories, scope)
                cut = False
            except RedisError:
                texts = await _texts(store, scope)
                assert all(
                    text in {each, "other", None} for each, text in zip(IDS, texts, strict=True)
                )
            line.cut_at(0, answered=False)
            await write(memories, scope)
            expected = ["other", "b", "c"] if write is an_update else [None] * 3
            assert await _texts(store, scope) == expected
            # What was given up is free, and what is held is held once.
            free = Writing(store, scope.tenant)
            again = memory("a", id="again", user_id="alice")
            assert await free(creation(again, unique=True)) == "committed"
        assert at == 3


async def _texts(store: MemoryStore, scope: Scope) -> list[str | None]:
    found = await store.get(scope.tenant, IDS)
    return [each.text if each else None for each in found]
