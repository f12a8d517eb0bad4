"""Places of facts among the other values of a slot."""

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory, Validity
from agent_memory_services.kit.contract.clock import to_micros, to_timestamp
from agent_memory_services.long_term_memory.consolidation.rules.periods import (
    Rival,
    ends_at,
    succession,
)


def fact(moment: int, **fields: object) -> Memory:
    """A value that was said at a moment."""
    validity = Validity(valid_from=to_timestamp(moment))
    return Memory(id=f"m{moment}", validity=validity, **fields)  # type: ignore[arg-type]


def created(moment: int) -> Memory:
    """A value that says only when it was created."""
    return Memory(id=f"m{moment}", create_time=to_timestamp(moment))


def arrived(facts: list[Memory]) -> dict[str, Memory]:
    """What becomes of values that exclude one another, in the order in which they arrive."""
    known: dict[str, Memory] = {}
    for each in facts:
        after = succession(each, [Rival(other, "newer") for other in known.values()])
        touched = [after.fact, *after.ended, *([after.begun] if after.begun else [])]
        known |= {memory.id: memory for memory in touched}
    return known


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=8, unique=True).flatmap(st.permutations),
    st.sampled_from([fact, created]),
)
def test_the_order_of_arrival_does_not_matter(
    moments: list[int], told: Callable[[int], Memory]
) -> None:
    """Each value holds until the next one begins, whichever of them was told first."""
    known = arrived([told(moment) for moment in moments])
    in_order = [known[f"m{moment}"] for moment in sorted(moments)]
    for older, newer in pairwise(in_order):
        assert ends_at(older) == to_micros(newer.validity.valid_from)
        assert newer.id == f"m{ends_at(older)}"
        assert older.validity.superseded_by == newer.id
        assert older.validity.reason == "newer"
    assert ends_at(in_order[-1]) is None
    assert len(known) == len(moments)


@given(st.lists(st.integers(1, 50), min_size=2, max_size=6, unique=True).flatmap(st.permutations))
def test_a_pinned_value_never_ends(moments: list[int]) -> None:
    """Whatever comes before or after it, it is as it was."""
    pinned = fact(moments[0], pinned=True)
    facts = [pinned, *map(fact, moments[1:])]
    assert arrived(facts)[pinned.id] == pinned
    assert arrived([*facts[1:], pinned])[pinned.id] == pinned


def test_an_event_that_was_told_late_dates_the_end() -> None:
    """What began in the past ends the older value then, though it was told today."""
    older, newer = fact(1000), fact(9000)
    newer.event_time.start.CopyFrom(to_timestamp(5000))
    after = succession(newer, [Rival(older, "newer")])
    [ended] = after.ended
    assert ends_at(ended) == 5000
    assert to_micros(after.fact.validity.valid_from) == 5000


def test_what_was_told_at_once_stays_side_by_side() -> None:
    """Nothing tells which of the two came later."""
    one, other = fact(1000), fact(1000)
    other.id = "other"
    after = succession(one, [Rival(other, "newer")])
    assert (after.fact, list(after.ended)) == (one, [])
