"""A newer value ends an older one: the place of a fact among the other values of its slot.

Facts take their places by when they begin, not by when they arrive. Nothing is removed: a value
that ended stays, with the moment of its end and what came then.

A slot has one value at a time, so another value ends the first. Everything that could also be a
refinement, or another aspect of the same value, is no contradiction: then both stay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_micros, to_timestamp
from agent_memory_services.long_term_memory.consolidation.rules import periods, slots, statement


@dataclass(frozen=True, slots=True)
class Succession:
    """Place of a fact among the values of its slot, and the changes that follow from it.

    Attributes:
        fact: the fact, with its own validity; equal to what it was where nothing changes.
        ended: the older facts, each with its end; empty where it ends none.
        begun: the fact that ends it, where that did not say yet when it begins.
    """

    fact: Memory
    ended: Sequence[Memory]
    begun: Memory | None = None


def succession(fact: Memory, rivals: Iterable[Memory], reason: str) -> Succession:
    """Give a fact its place among facts that cannot be true at the same time.

    An end that a caller set stays, and so does a pinned fact: a person has spoken for both.

    Args:
        fact: the fact that is looked at.
        rivals: the others, of the same owner.
        reason: why the older of two ends, for its validity.
    """
    own = periods.Beginning.of(fact)
    ended: list[Memory] = []
    later: dict[tuple[int, str], Memory] = {}
    for rival in rivals:
        other = periods.Beginning.of(rival)
        if (turn := other.turn_to(own)) is not None:
            if _may_end(rival, turn):
                ended.append(_ended(rival, other, turn, fact.id, reason))
        elif (turn := own.turn_to(other)) is not None:
            later[turn, rival.id] = rival
    after = _begun(fact, own) if ended else fact
    if not later or not _may_end(after, min(later)[0]):
        return Succession(after, ended)
    first = min(later)
    turn, by = first
    begun = _begun(later[first], periods.Beginning.of(later[first]))
    return Succession(
        _ended(after, own, turn, by, reason),
        ended,
        begun if begun is not later[first] else None,
    )


def _may_end(memory: Memory, turn: int) -> bool:
    """Return true if no caller set another end, and the fact does not end earlier already."""
    end = periods.ends_at(memory)
    by_a_caller = end is not None and not memory.validity.superseded_by
    return not memory.pinned and not by_a_caller and (end is None or end > turn)


def _begun(fact: Memory, own: periods.Beginning) -> Memory:
    """Return the fact, true from when it ends others on, so that at no moment two are."""
    known = fact.validity.HasField("valid_from")
    if fact.pinned or (known and to_micros(fact.validity.valid_from) <= own.start):
        return fact
    after = _copy(fact)
    after.validity.valid_from.CopyFrom(to_timestamp(own.start))
    return after


def _ended(memory: Memory, own: periods.Beginning, turn: int, by: str, reason: str) -> Memory:
    after = _copy(memory)
    validity = after.validity
    if validity.HasField("valid_from") and to_micros(validity.valid_from) >= turn:
        # It was said later than it began.
        validity.valid_from.CopyFrom(to_timestamp(own.start))
    validity.invalid_from.CopyFrom(to_timestamp(turn))
    validity.superseded_by, validity.reason = by, reason
    return after


def _copy(memory: Memory) -> Memory:
    after = Memory()
    after.CopyFrom(memory)
    return after


_ANY_MORE = "longer"


def contradicts(one: Memory, other: Memory) -> bool:
    """Return true if two memories of one slot certainly cannot both be true at a time."""
    first, second = slots.slot_of(one.text), slots.slot_of(other.text)
    if first and second and first.name == second.name:
        return first.value.isdisjoint(second.value)
    return _exclude(statement.read(one.text), statement.read(other.text))


def _exclude(one: statement.Statement, other: statement.Statement) -> bool:
    alone, beside = one.bag - other.bag, other.bag - one.bag
    denial = {statement.NEGATION, _ANY_MORE}
    if one.negations != other.negations:
        return alone.keys() | beside.keys() <= denial
    own = alone.keys() | beside.keys()
    # A word with a part of its own, such as "near Lisbon", tells something beside the value.
    return bool(alone and beside) and not any(":" in word or statement.PAST in word for word in own)
