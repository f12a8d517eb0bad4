"""A failure at any await of creating and compacting loses nothing and leaves no half state."""

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory.common.v1.memory_pb2 import Memory, Validity
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.kit.contract.errors import EmbeddingUnavailable, StoreUnavailable
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS, is_visible
from agent_memory_services.long_term_memory.listing import Listing
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from tests.integration.long_term_memory.consolidation.conftest import SCOPE, World, world
from tests.integration.long_term_memory.consolidation.faults import (
    FailingEmbedder,
    Plan,
    failing,
)
from tests.support.stores import empty

EXACT = ltm.DEDUPLICATION_POLICY_EXACT
AWAY = (RedisError, StoreUnavailable, EmbeddingUnavailable)
FEWEST_CALLS, MOST_CALLS = 6, 60


def fact(name: str, text: str, year: int) -> Memory:
    """A fact that was said in a year after 1970."""
    said = to_timestamp((year - 1970) * 31_557_600_000_000)
    return Memory(id=name, text=text, validity=Validity(valid_from=said))


OLD = (
    fact("likes", "User likes coffee", 2020),
    fact("acme", "I work at Acme", 2020),
    fact("dog", "User has a dog", 2020),
)
NEW = (
    fact("enjoys", "User enjoys coffee", 2022),
    fact("globex", "I joined Globex", 2024),
)
SETTLED = {"User likes coffee", "I joined Globex", "User has a dog"}


async def everything(made: World) -> dict[str, Memory]:
    """All memories, hidden ones too, by id."""
    page = await Listing(made.index).page(SCOPE, ALWAYS, size=100, after=None)
    return {memory.id: memory for memory in page.memories}


def assert_whole(memories: dict[str, Memory], acknowledged: set[str]) -> None:
    """Every fact is there, and what is hidden or ended names what stands for it."""
    assert acknowledged <= memories.keys()
    for memory in memories.values():
        if memory.merged_into:
            merged = memories[memory.merged_into]
            assert not merged.merged_into
            assert memory.id in merged.provenance.memory_ids
        if memory.validity.superseded_by:
            assert memory.validity.superseded_by in memories
            assert memory.validity.HasField("invalid_from")
        for original in memory.provenance.memory_ids:
            assert memories[original].merged_into == memory.id


def shown(memories: dict[str, Memory]) -> set[str]:
    """The texts that readers see."""
    return {each.text for each in memories.values() if is_visible(each, now_micros())}


@pytest.mark.parametrize("answered", [False, True], ids=["refused", "answer lost"])
@pytest.mark.parametrize("policy", [0, EXACT], ids=["create", "compact"])
async def test_no_await_is_a_bad_moment(
    redis: Redis, redis_url: str, embedder: LocalEmbedder, policy: int, *, answered: bool
) -> None:
    """Whichever round trip fails, what was acknowledged is there, and a repetition finishes it."""
    for nth in range(1, MOST_CALLS):
        await empty(redis_url)
        healthy = world(redis, embedder)
        await healthy.index.create()
        await healthy.create(*OLD)
        acknowledged = {each.id for each in OLD}
        if policy == EXACT:
            await healthy.create(*NEW, policy=EXACT)
            acknowledged |= {each.id for each in NEW}
        plan = Plan(nth, answered=answered)
        async with connect(redis_url) as client:
            faulty = world(failing(client, plan), embedder)
            try:
                if policy == EXACT:
                    await faulty.compact()
                else:
                    results = await faulty.create(*NEW)
                    acknowledged |= {
                        new.id for new, done in zip(NEW, results, strict=True) if done.memory
                    }
            except AWAY:
                assert plan.met
        assert_whole(await everything(healthy), acknowledged)
        for created in await healthy.create(*NEW):
            assert created.memory is not None
        await healthy.compact()
        settled = await everything(healthy)
        assert_whole(settled, {each.id for each in (*OLD, *NEW)})
        assert shown(settled) == SETTLED
        assert len(settled) == len(OLD) + len(NEW) + 1
        if not plan.met:
            assert nth > FEWEST_CALLS
            return
    raise AssertionError(f"more than {MOST_CALLS} round trips")


async def test_without_vectors_nothing_is_stored(redis: Redis, embedder: LocalEmbedder) -> None:
    """Creating embeds once, first; where that fails, the store is as it was."""
    healthy = world(redis, embedder)
    await healthy.index.create()
    await healthy.create(*OLD)
    before = await everything(healthy)
    plan = Plan(1)
    with pytest.raises(EmbeddingUnavailable):
        await world(redis, FailingEmbedder(embedder, plan)).create(*NEW)
    assert await everything(healthy) == before
    plan = Plan(2)
    await world(redis, FailingEmbedder(embedder, plan)).create(*NEW)
    assert plan.calls == 1
    assert shown(await everything(healthy)) == SETTLED
