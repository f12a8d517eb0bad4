"""Memories and policies of a few days, so that every rule meets its border."""

from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.domain.forget_policy import Policy
from agent_memory_services.long_term_memory.domain.recency import MICROS_PER_DAY

TYPES = (
    MemoryType.MEMORY_TYPE_SEMANTIC,
    MemoryType.MEMORY_TYPE_EPISODIC,
    MemoryType.MEMORY_TYPE_MESSAGE,
)
NOW = 1_760_000_000_000_000
_days = st.integers(-1, 9).map(lambda days: NOW - days * MICROS_PER_DAY)
_moments = st.one_of(_days, _days.map(lambda at: at + 1), _days.map(lambda at: at - 1))
_ages = st.none() | st.integers(0, 6).map(lambda days: days * MICROS_PER_DAY)


@st.composite
def aged_memories(draw: st.DrawFn) -> Memory:
    """A memory that was stored, found and will end about now."""
    memory = Memory(
        id=draw(st.uuids()).hex,
        text="x",
        user_id=draw(st.sampled_from(["", "a", "b"])),
        type=draw(st.sampled_from(TYPES)),
        pinned=draw(st.booleans()) and draw(st.booleans()),
        standing=draw(st.booleans()) and draw(st.booleans()),
        create_time=to_timestamp(draw(_moments)),
    )
    if draw(st.booleans()):
        memory.last_access_time.CopyFrom(to_timestamp(draw(_moments)))
    if draw(st.integers(0, 3)) == 0:
        memory.expire_time.CopyFrom(to_timestamp(draw(_moments)))
    return memory


policies = st.builds(
    Policy,
    max_age=_ages,
    max_inactive=_ages,
    keep_per_owner=st.none() | st.integers(0, 3),
    types=st.frozensets(st.integers(1, 3), max_size=2),
    hard_age_multiplier=st.sampled_from([1.0, 1.5, 2.0, 12.0]),
)
