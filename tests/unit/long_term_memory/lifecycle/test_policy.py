"""What a policy forgets, against the rules put in another way."""

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.kit.contract.clock import to_micros, to_timestamp
from agent_memory_services.long_term_memory.api.settings import ForgettingPlan
from agent_memory_services.long_term_memory.domain.forget_policy import (
    Policy,
    Reason,
    rank,
)
from agent_memory_services.long_term_memory.domain.recency import MICROS_PER_DAY
from tests.unit.long_term_memory.lifecycle.aging import NOW, aged_memories, policies

DAY = MICROS_PER_DAY


def rules_broken(memory: Memory, policy: Policy) -> set[Reason]:
    """Every reason there is to forget a memory, by tables instead of branches."""
    age = NOW - to_micros(memory.create_time)
    idle = age
    if memory.HasField("last_access_time"):
        idle = min(idle, NOW - to_micros(memory.last_access_time))
    old = policy.max_age is not None and age > policy.max_age
    unused = policy.max_inactive is not None and idle > policy.max_inactive
    both = policy.max_age is not None and policy.max_inactive is not None
    ancient = both and age > round((policy.max_age or 0) * policy.hard_age_multiplier)
    ended = memory.HasField("expire_time") and to_micros(memory.expire_time) <= NOW
    table = {
        Reason.EXPIRED: ended,
        Reason.AGE: not memory.standing and (ancient if both else old),
        Reason.INACTIVE: not memory.standing and (old and unused if both else unused),
    }
    covered = not policy.types or memory.type in policy.types
    return {reason for reason, holds in table.items() if holds and covered and not memory.pinned}


@given(aged_memories(), policies)
def test_a_reason_is_given_where_a_rule_is_broken(memory: Memory, policy: Policy) -> None:
    """One of them, and none where all are kept."""
    broken = rules_broken(memory, policy)
    reason = policy.reason(memory, NOW)
    assert (reason in broken) if broken else reason is None
    if Reason.EXPIRED in broken:
        assert reason is Reason.EXPIRED


@given(aged_memories(), st.integers(1, 400))
def test_rank_falls_with_age_and_rises_with_use(memory: Memory, days: int) -> None:
    """Whatever else is the same."""
    older, used = Memory(), Memory()
    older.CopyFrom(memory)
    older.create_time.CopyFrom(to_timestamp(to_micros(memory.create_time) - days * DAY))
    used.CopyFrom(memory)
    used.last_access_time.CopyFrom(to_timestamp(NOW))
    assert rank(older, NOW)[0] <= rank(memory, NOW)[0] <= rank(used, NOW)[0]


def test_a_plan_of_an_operator_is_a_policy() -> None:
    """In days and by the names of types."""
    given = ForgettingPlan(max_age_days=1.5, keep_per_owner=0, types=frozenset({"message"}))
    assert given.plan.policy == Policy(
        max_age=3 * DAY // 2, keep_per_owner=0, types=frozenset({MemoryType.MEMORY_TYPE_MESSAGE})
    )
    assert not given.plan.permanently
    assert ForgettingPlan().plan.policy == Policy()


def test_a_history_says_why_in_plain_words() -> None:
    """Each reason reads as the end of "forgotten because: "."""
    assert {reason.name: reason.words for reason in Reason} == {
        "AGE": "too old",
        "INACTIVE": "not accessed for too long",
        "BUDGET": "over the owner's budget",
        "EXPIRED": "expired",
        "REQUESTED": "its user asked to forget it",
    }
