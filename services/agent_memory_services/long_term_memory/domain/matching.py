"""Conditions evaluated on a record, and the condition of being visible."""

from collections.abc import Iterator

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.conditions import (
    ALWAYS,
    All,
    Any,
    Node,
    Not,
    Prefix,
    Range,
    Tag,
    every,
    negated,
)
from agent_memory_services.long_term_memory.domain.fields import NUMBERS, TAGS
from agent_memory_services.long_term_memory.domain.filters import flag


def holds(condition: Node, memory: Memory) -> bool:
    """Return true if the engine would find a memory by a condition.

    The tenant is no part of a record, so a condition on it cannot be asked.

    Raises:
        KeyError: the condition is on the tenant.
    """
    match condition:
        case Tag():
            return not _held(condition.field, memory).isdisjoint(condition.values)
        case Prefix():
            return any(each.startswith(condition.start) for each in _held(condition.field, memory))
        case Range():
            return _within(condition, NUMBERS[condition.field].read(memory))
        case Not():
            return not holds(condition.part, memory)
        case All():
            return all(holds(part, memory) for part in condition.parts)
        case Any():
            return any(holds(part, memory) for part in condition.parts)


def fields_of(condition: Node) -> Iterator[str]:
    """Yield the fields that a condition asks for."""
    match condition:
        case All() | Any():
            for part in condition.parts:
                yield from fields_of(part)
        case Not():
            yield condition.part.field
        case _:
            yield condition.field


def _held(field: str, memory: Memory) -> set[str]:
    """Return the values of a tag field; nothing is held as the empty value."""
    return set(TAGS[field].read(memory)) or {""}


def _within(asked: Range, number: int | None) -> bool:
    if number is None:
        return False
    low, high = asked.low, asked.high
    return (low is None or low <= number) and (high is None or number <= high)


def visible(at: int, *, superseded: bool = False) -> Node:
    """Return the condition of being visible: not hidden, not expired, and true at a moment.

    A memory is true from `valid_from` on and no longer from `invalid_from` on. Every part is put
    as an exclusion: what it names is rare, so it costs little however many memories there are.

    Args:
        at: the moment, in microseconds.
        superseded: also what is no longer true at the moment.
    """
    return every(
        [
            negated(flag(fields.HIDDEN, value=True)),
            negated(Range(fields.EXPIRE, high=at)),
            negated(Range(fields.VALID_FROM, low=at + 1)),
            ALWAYS if superseded else negated(Range(fields.INVALID_FROM, high=at)),
        ]
    )


def is_visible(memory: Memory, at: int) -> bool:
    """Return true if readers see a memory at a moment in microseconds."""
    return holds(visible(at), memory)
