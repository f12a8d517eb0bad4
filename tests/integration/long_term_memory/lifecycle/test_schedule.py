"""Forgetting by schedule, by one process at a time."""

from redis.asyncio import Redis

from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.long_term_memory.domain.forget_policy import Policy
from agent_memory_services.long_term_memory.domain.recency import MICROS_PER_DAY
from agent_memory_services.long_term_memory.lifecycle.forgetting import Forgetting
from agent_memory_services.long_term_memory.lifecycle.schedule import (
    ForgettingSchedule,
    Retention,
    Schedule,
)
from agent_memory_services.long_term_memory.store.documents import Shard
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.rounds import Rounds
from tests.integration.long_term_memory.conftest import SHARDS, Inserting, memory

DAY = MICROS_PER_DAY
OLD = Policy(max_age=30 * DAY)


def schedule(
    redis: Redis, store: MemoryStore, index: MemoryIndex, **plans: ForgettingSchedule
) -> Rounds:
    """A schedule whose rounds the test runs."""
    work = Schedule(
        redis,
        Forgetting(store, index),
        Retention(store, index, micros=10 * DAY),
        {name.replace("everybody", "*"): plan for name, plan in plans.items()},
    )
    leases = {shard: shard.forgetting_lease for shard in map(Shard, range(SHARDS))}
    return Rounds("forgetting", redis, leases, work.over, seconds=3600)


async def test_a_round_keeps_to_each_tenants_plan(
    redis: Redis, store: MemoryStore, index: MemoryIndex
) -> None:
    """A plan of its own, that of everybody, softly or for good."""
    old = to_timestamp(now_micros() - 60 * DAY)
    ids = {}
    for tenant in ("own", "kept", "other"):
        given = memory("an old one", create_time=old)
        ids[tenant] = given.id
        await Inserting(store, tenant)(given)
    tidy = schedule(
        redis,
        store,
        index,
        own=ForgettingSchedule(OLD, permanently=True),
        kept=ForgettingSchedule(Policy(max_age=90 * DAY)),
        everybody=ForgettingSchedule(OLD),
    )
    await tidy.round()
    found = {tenant: (await store.get(tenant, [ids[tenant]]))[0] for tenant in ids}
    assert found["own"] is None
    assert found["kept"] is not None
    assert not found["kept"].HasField("archive_time")
    assert found["other"] is not None
    assert found["other"].HasField("archive_time")


async def test_what_was_put_away_long_ago_is_deleted(
    redis: Redis, store: MemoryStore, index: MemoryIndex
) -> None:
    """But not what was put away lately, nor what was merged, however long ago."""
    long_ago, lately = (to_timestamp(now_micros() - days * DAY) for days in (11, 9))
    given = [
        memory("a", archive_time=long_ago),
        memory("b", archive_time=lately),
        memory("c", merged_into="x"),
    ]
    for each, moment in zip(given, (long_ago, lately, long_ago), strict=True):
        each.update_time.CopyFrom(moment)
    given[0].archive_time.CopyFrom(long_ago)
    given[1].archive_time.CopyFrom(lately)
    given[2].merged_into = "x"
    await Inserting(store)(*given)
    await schedule(redis, store, index).round()
    found = await store.get("acme", [each.id for each in given])
    assert [each is not None for each in found] == [False, True, True]


async def test_one_process_at_a_time_forgets(
    redis: Redis, store: MemoryStore, index: MemoryIndex
) -> None:
    """A shard whose lease another process holds is left to that one."""
    given = memory("an old one", create_time=to_timestamp(now_micros() - 60 * DAY))
    await Inserting(store)(given)
    for number in range(SHARDS):
        await redis.set(Shard(number).forgetting_lease, "another")
    tidy = schedule(redis, store, index, everybody=ForgettingSchedule(OLD, permanently=True))
    await tidy.round()
    assert (await store.get("acme", [given.id]))[0] is not None
    for number in range(SHARDS):
        await redis.delete(Shard(number).forgetting_lease)
    await tidy.round()
    assert (await store.get("acme", [given.id]))[0] is None
    for number in range(SHARDS):
        assert await redis.get(Shard(number).forgetting_lease) is None
