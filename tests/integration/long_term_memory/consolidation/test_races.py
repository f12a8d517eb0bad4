"""Several processes at once, and the sweep that one of them does for all."""

import asyncio
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory, Validity
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.kit.redis.background import Lease
from agent_memory_services.long_term_memory.consolidation.compaction import Sweep
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS, is_visible
from agent_memory_services.long_term_memory.domain.memory import Change, normalise
from agent_memory_services.long_term_memory.listing import Listing
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.rounds import Rounds
from tests.integration.long_term_memory.consolidation.conftest import SCOPE, World, world

EXACT = ltm.DEDUPLICATION_POLICY_EXACT
COFFEE = ("likes", "enjoys", "loves", "adores", "is fond of")


def ago(days: int) -> Timestamp:
    """A time so many days ago."""
    return to_timestamp(now_micros() - days * 86_400_000_000)


async def shown(made: World) -> list[Memory]:
    """What readers see."""
    page = await Listing(made.index).page(SCOPE, ALWAYS, size=100, after=None)
    return [each for each in page.memories if is_visible(each, now_micros())]


def sweep(redis: Redis, made: World, *, seconds: float = 60) -> Rounds:
    """The sweep of a process."""
    leases = {Shard(0): Shard(0).sweep_lease}
    work = Sweep(made.dirty, made.compaction).over
    return Rounds("consolidation", redis, leases, work, seconds=seconds)


async def assert_each_is_behind_one(made: World) -> None:
    """Everybody's words are shown, or behind what is shown, and counted once."""
    facts = await shown(made)
    # Two pairs that became one at the same moment stay two.
    assert 1 <= len(facts) <= 2
    assert sum(fact.proof_count for fact in facts) == len(COFFEE)
    behind = [original for fact in facts for original in fact.provenance.memory_ids]
    originals = await made.store.get("acme", behind)
    assert len(behind) == len(set(behind))
    assert not any(each.provenance.memory_ids for each in originals if each)
    said = {each.text for each in [*facts, *originals] if each}
    assert said == {f"User {verb} coffee" for verb in COFFEE}


async def test_paraphrases_that_meet_are_each_behind_one(
    redis: Redis, embedder: LocalEmbedder
) -> None:
    """Of five writers at once, each one's words are shown or behind what is shown, once."""
    made = world(redis, embedder)
    await made.index.create()
    async with asyncio.TaskGroup() as writers:
        for verb in COFFEE:
            writers.create_task(made.create(Memory(text=f"User {verb} coffee")))
    await sweep(redis, made).round()
    await assert_each_is_behind_one(made)


async def test_what_changes_between_reading_and_doing_is_ended_all_the_same(
    redis: Redis, embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three homes only the last is shown, although another process was faster with the first."""
    made = world(redis, embedder)
    await made.index.create()
    [first] = await made.create(Memory(text="User lives in Rome", create_time=ago(3)))
    assert first.memory is not None
    rome = first.memory.id
    commit_sets = MemoryStore.commit_sets

    async def late(store: MemoryStore, *args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        [stored] = await store.get("acme", [rome])
        assert stored is not None
        edited = copied(stored)
        edited.topics.append("home")
        normalise(edited, now_micros())
        change = Change(stored, edited, ltm.REVISION_CAUSE_UPDATE)
        assert (await store.commit("acme", [change], actor="other", now=now_micros())).committed
        return await commit_sets(store, *args, **options)

    monkeypatch.setattr(MemoryStore, "commit_sets", late)
    paris = Memory(
        text="User lives in Paris", create_time=ago(2), validity=Validity(valid_from=ago(2))
    )
    await made.create(paris, Memory(text="User lives in Berlin", create_time=ago(1)))
    assert MemoryStore.commit_sets is commit_sets
    assert [each.text for each in await shown(made)] == ["User lives in Berlin"]


async def test_a_sweep_and_a_compaction_at_once(redis: Redis, embedder: LocalEmbedder) -> None:
    """Whoever is faster, nothing is lost and nothing counted twice."""
    made, other = world(redis, embedder), world(redis, embedder)
    await made.index.create()
    await made.create(*(Memory(text=f"User {verb} coffee") for verb in COFFEE), policy=EXACT)
    await asyncio.gather(made.compact(), other.compact(), sweep(redis, made).round())
    await made.compact()
    await assert_each_is_behind_one(made)


async def test_one_process_sweeps(redis: Redis, embedder: LocalEmbedder) -> None:
    """While another holds the lease nothing is looked at; when it is over, everything is."""
    made = world(redis, embedder)
    await made.index.create()
    await made.create(*(Memory(text=f"User {verb} coffee") for verb in COFFEE), policy=EXACT)
    other = Lease(redis, Shard(0).sweep_lease, 30)
    assert await other.take()
    await sweep(redis, made).round()
    assert len(await shown(made)) == len(COFFEE)
    await other.release()
    await sweep(redis, made).round()
    assert len(await shown(made)) == 1


async def test_the_sweep_runs_by_itself(redis: Redis, embedder: LocalEmbedder) -> None:
    """What changed is looked at without anybody asking."""
    made = world(redis, embedder)
    await made.index.create()
    async with sweep(redis, made, seconds=0.01).running(), asyncio.timeout(120):
        await made.create(*(Memory(text=f"User {verb} coffee") for verb in COFFEE), policy=EXACT)
        while len(await shown(made)) > 1:
            await asyncio.sleep(0.01)
    assert not await redis.exists(Shard(0).sweep_lease)


async def test_a_lease_ends_with_its_holder(redis: Redis) -> None:
    """Nobody else takes it while it is held, and it can be renewed; left alone it ends."""
    mine, theirs = Lease(redis, "lease", 600), Lease(redis, "lease", 600)
    assert await mine.take()
    assert not await theirs.take()
    assert await mine.take()
    assert 0 < await redis.pttl("lease") <= 600_000
    await redis.delete("lease")  # its time is over
    assert await theirs.take()
    assert not await mine.take()
    await mine.release()
    assert not await mine.take()
