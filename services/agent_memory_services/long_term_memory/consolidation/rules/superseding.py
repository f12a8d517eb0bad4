"""A newer value ends an older one: the place of a fact among the other values of its slot.

Facts take their places by when they begin, not by when they arrive. Nothing is removed: a value
that ended stays, with the moment of its end and what came then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.rules.participation import ends_at
from agent_memory_services.long_term_memory.consolidation.rules.periods import Beginning
from agent_memory_services.runtime.clock import to_micros, to_timestamp


@dataclass(frozen=True, slots=True)
class Succession:
    """What becomes of a fact and of those it ends.

    Attributes:
        fact: the fact, with its own validity; equal to what it was where nothing changes.
        ended: the older facts, each with its end; empty where it ends none.
    """

    fact: Memory
    ended: Sequence[Memory]


def succession(fact: Memory, rivals: Iterable[Memory], reason: str) -> Succession:
    """Give a fact its place among facts that cannot be true at the same time.

    An end that a caller set stays, and so does a pinned fact: a person has spoken for both.

    Args:
        fact: the fact that is looked at.
        rivals: the others, of the same owner.
        reason: why the older of two ends, for its validity.
    """
    own = Beginning.of(fact)
    ended, later = [], []
    for rival in rivals:
        other = Beginning.of(rival)
        if (turn := other.turn_to(own)) is not None:
            if _may_end(rival, turn):
                ended.append(_ended(rival, other, turn, fact.id, reason))
        elif (turn := own.turn_to(other)) is not None:
            later.append((turn, rival.id))
    after = _begun(fact, own, ends_others=bool(ended))
    if later and _may_end(after, min(later)[0]):
        turn, by = min(later)
        after = _ended(after, own, turn, by, reason)
    return Succession(after, ended)


def _may_end(memory: Memory, turn: int) -> bool:
    """Whether nobody decided otherwise, and it does not end earlier already."""
    end = ends_at(memory)
    by_a_caller = end is not None and not memory.validity.superseded_by
    return not memory.pinned and not by_a_caller and (end is None or end > turn)


def _begun(fact: Memory, own: Beginning, *, ends_others: bool) -> Memory:
    """The fact, true from when it ends others on, so that at no moment two are."""
    after = _copy(fact)
    validity = after.validity
    late = validity.HasField("valid_from") and to_micros(validity.valid_from) > own.start
    if ends_others and not fact.pinned and (late or not validity.HasField("valid_from")):
        validity.valid_from.CopyFrom(to_timestamp(own.start))
    return after if after.validity != fact.validity else fact


def _ended(memory: Memory, own: Beginning, turn: int, by: str, reason: str) -> Memory:
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
