"""Which memories take part, and which may become one."""

from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory_services.long_term_memory.consolidation.rules.periods import event_period
from agent_memory_services.runtime.clock import to_micros

FACTS: Final = (MemoryType.MEMORY_TYPE_SEMANTIC, MemoryType.MEMORY_TYPE_EPISODIC)
"""The types that say something; messages stay as they were said."""

_MOST_CHARACTERS: Final = 1_000
"""What is longer says many things."""


def is_fact(memory: Memory) -> bool:
    """Whether a memory says one thing: no message, no summary of a thread, and no long text."""
    summary = ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY
    says_one_thing = len(memory.text) <= _MOST_CHARACTERS
    return says_one_thing and memory.type in FACTS and memory.provenance.strategy != summary


def same_owner(one: Memory, other: Memory) -> bool:
    """Whether two memories of a tenant have one owner; those of nobody have each other only."""
    return (one.namespace, one.user_id) == (other.namespace, other.user_id)


def may_merge(one: Memory, other: Memory) -> bool:
    """Whether two facts that say the same may become one: all else they tell must agree."""
    return (
        one.id != other.id
        and not one.pinned
        and not other.pinned
        and one.type == other.type
        and same_owner(one, other)
        and is_fact(one)
        and is_fact(other)
        and (not one.slot or not other.slot or one.slot == other.slot)
        and _ends_alike(one, other)
        and _events_agree(one, other)
    )


def _ends_alike(one: Memory, other: Memory) -> bool:
    return _expires(one) == _expires(other) and ends_at(one) == ends_at(other)


def _expires(memory: Memory) -> int | None:
    return to_micros(memory.expire_time) if memory.HasField("expire_time") else None


def ends_at(memory: Memory) -> int | None:
    """When a memory is no longer true, in microseconds; None where it still is."""
    validity = memory.validity
    return to_micros(validity.invalid_from) if validity.HasField("invalid_from") else None


def _events_agree(one: Memory, other: Memory) -> bool:
    """Whether both tell of one event: its times overlap. Something that happened has one time."""
    if one.HasField("event_time") and other.HasField("event_time"):
        (start, end), (begin, finish) = event_period(one), event_period(other)
        return start < finish and begin < end
    dated = one.HasField("event_time") or other.HasField("event_time")
    return not dated or one.type == MemoryType.MEMORY_TYPE_SEMANTIC
