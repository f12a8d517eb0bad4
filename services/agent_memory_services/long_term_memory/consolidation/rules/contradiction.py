"""Whether two facts of one slot exclude each other.

A slot has one value at a time, so another value ends the first. Everything that could also be a
refinement, or another aspect of the same value, is no contradiction: then both stay.
"""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.rules.slots import slot_of
from agent_memory_services.long_term_memory.consolidation.rules.statement import (
    NEGATION,
    PAST,
    Statement,
    read,
)

_ANY_MORE = "longer"


def contradicts(one: Memory, other: Memory) -> bool:
    """Whether two memories of one slot cannot both be true at a time, for certain."""
    first, second = slot_of(one.text), slot_of(other.text)
    if first and second and first.name == second.name:
        return first.value.isdisjoint(second.value)
    return _exclude(read(one.text), read(other.text))


def _exclude(one: Statement, other: Statement) -> bool:
    alone, beside = one.bag - other.bag, other.bag - one.bag
    denial = {NEGATION, _ANY_MORE}
    if one.negations != other.negations:
        return alone.keys() | beside.keys() <= denial
    own = alone.keys() | beside.keys()
    # A word with a part of its own, such as "near Lisbon", tells something beside the value.
    return bool(alone and beside) and not any(":" in word or PAST in word for word in own)
