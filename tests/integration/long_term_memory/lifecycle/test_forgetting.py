"""What the index forgets against what the rules forget, on random memories."""

import random
from itertools import groupby
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS
from agent_memory_services.long_term_memory.domain.forget_policy import (
    Policy,
    Reason,
    rank,
)
from agent_memory_services.long_term_memory.domain.recency import MICROS_PER_DAY
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.lifecycle.forgetting import (
    ForgetRequest,
    Forgetting,
    Forgotten,
)
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from tests.integration.long_term_memory.conftest import Inserting, memory
from tests.unit.long_term_memory.lifecycle.aging import TYPES

OWNERS = ("", "alice", "bob b", "a,b", "_5f")


def random_memory(dice: random.Random, now: int) -> Memory:
    """A memory of the last days, whose rules lie seconds away from their borders."""
    made = memory(
        f"fact {dice.random()}",
        user_id=dice.choice(OWNERS),
        type=dice.randint(1, 3),
        pinned=dice.random() < 0.1,
        standing=dice.random() < 0.1,
        create_time=to_timestamp(_moment(dice, now)),
    )
    if dice.random() < 0.1:
        made.merged_into = "other"
    if dice.random() < 0.3:
        made.expire_time.CopyFrom(to_timestamp(_moment(dice, now)))
    if dice.random() < 0.5:
        made.last_access_time.CopyFrom(to_timestamp(_moment(dice, now)))
    return made


def _moment(dice: random.Random, now: int) -> int:
    seconds = dice.choice((-100, 100, 1000))
    return now - dice.randint(-1, 8) * MICROS_PER_DAY + seconds * 1_000_000


def random_policy(dice: random.Random) -> Policy:
    """A policy of a few days."""
    return Policy(
        max_age=dice.choice([None, *(days * MICROS_PER_DAY for days in range(1, 5))]),
        max_inactive=dice.choice([None, *(days * MICROS_PER_DAY for days in range(1, 5))]),
        keep_per_owner=dice.choice([None, 0, 1, 5, 20]),
        types=frozenset(dice.sample(TYPES, dice.choice([0, 0, 1, 2]))),
        hard_age_multiplier=dice.choice([1.0, 1.5, 2.0]),
    )


def over_budget(memories: list[Memory], policy: Policy, now: int) -> set[str]:
    """Those of one owner that have as many better ones beside them as the budget holds."""
    budget, rivals = policy.keep_per_owner, [each for each in memories if policy.may_go(each)]
    if budget is None:
        return set()
    ranks = {each.id: rank(each, now) for each in rivals}
    return {
        memory_id
        for memory_id, own in ranks.items()
        if sum(other > own for other in ranks.values()) >= budget
    }


def expected(memories: list[Memory], policy: Policy, now: int) -> dict[str, Reason]:
    """What goes, by looking at every memory."""
    shown = [each for each in memories if not each.merged_into]
    going = {each.id: policy.reason(each, now) for each in shown}
    by_owner = sorted((m for m in shown if going[m.id] is None), key=lambda m: m.user_id)
    for _, own in groupby(by_owner, key=lambda m: m.user_id):
        going |= dict.fromkeys(over_budget(list(own), policy, now), Reason.BUDGET)
    return {memory_id: reason for memory_id, reason in going.items() if reason is not None}


@pytest.fixture
def forgetting(store: MemoryStore, index: MemoryIndex) -> Forgetting:
    """Forgetting in the store under test."""
    return Forgetting(store, index)


async def forget(forgetting: Forgetting, policy: Policy, **named: Any) -> Forgotten:
    """Forget in the tenant `acme`."""
    asked = ForgetRequest(policy, ALWAYS, actor="tester", **named)
    return await forgetting.forget(Scope("acme"), asked)


@pytest.mark.parametrize("seed", range(2))
async def test_the_index_finds_what_the_rules_forget(
    forgetting: Forgetting, insert: Inserting, store: MemoryStore, seed: int
) -> None:
    """The same memories for the same reasons; first only said, then done, then none is left."""
    dice, now = random.Random(seed), now_micros()
    memories = [random_memory(dice, now) for _ in range(300)]
    for start in range(0, 300, 150):
        await insert(*memories[start : start + 150])
    for _ in range(12):
        policy = random_policy(dice)
        said = await forget(forgetting, policy)
        assert said.named == expected(memories, policy, now), policy
        assert said.count == len(said.named)
        assert said.considered == sum(
            not each.merged_into
            and not each.pinned
            and (not policy.types or each.type in policy.types)
            for each in memories
        )
    policy = Policy(max_age=6 * MICROS_PER_DAY, keep_per_owner=30)
    done = await forget(forgetting, policy, execute=True)
    assert done.named == expected(memories, policy, now)
    found = await store.get("acme", list(done.named))
    assert all(each is not None and each.HasField("archive_time") for each in found)
    assert (await forget(forgetting, policy)).named == {}


async def test_what_is_kept_by_name_does_not_go(forgetting: Forgetting, insert: Inserting) -> None:
    """For no reason, and beyond the budget."""
    long_ago = to_timestamp(now_micros() - 100 * MICROS_PER_DAY)
    old = [memory(f"old {n}", create_time=long_ago) for n in range(5)]
    await insert(*old)
    keep = frozenset({old[0].id, old[3].id})
    for policy in (Policy(max_age=MICROS_PER_DAY), Policy(keep_per_owner=0)):
        said = await forget(forgetting, policy, keep=keep)
        assert set(said.named) == {each.id for each in old} - keep


async def test_another_tenant_forgets_nothing(
    forgetting: Forgetting, store: MemoryStore, redis: Redis
) -> None:
    """Tenants of one shard do not meet, and a budget is of one tenant's owner."""
    assert redis is not None
    for tenant in ("acme", "other"):
        await Inserting(store, tenant)(memory("a"), memory("b"))
    done = await forget(forgetting, Policy(keep_per_owner=1), execute=True, permanently=True)
    assert done.count == 1
    said = await forgetting.forget(Scope("other"), ForgetRequest(Policy(keep_per_owner=1), ALWAYS))
    assert said.count == 1
