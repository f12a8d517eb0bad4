"""The preference for what is fresh."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.recency import Recency
from agent_memory_services.long_term_memory.search.weights import RecencyWeights
from agent_memory_services.runtime.clock import to_timestamp

DAY = 86_400_000_000
NOW = 20_000 * DAY
_weight = st.floats(0, 1)
_half_life = st.floats(0.001, 36_500)


def candidate(created: float, accessed: float | None, match: float) -> Candidate:
    """A candidate that was created and found so many days ago."""
    memory = Memory(create_time=to_timestamp(NOW - int(created * DAY)))
    if accessed is not None:
        memory.last_access_time.CopyFrom(to_timestamp(NOW - int(accessed * DAY)))
    found = Candidate(memory)
    found.add("match", match, match)
    return found


def scored(weights: RecencyWeights, created: float, accessed: float | None, match: float) -> float:
    """The score of a candidate."""
    found = candidate(created, accessed, match)
    Recency(weights, NOW)([found])
    return found.score


def test_the_formula() -> None:
    """After one half-life of each, half of the recency is left."""
    assert scored(RecencyWeights(), 30, 7, 0.5) == approx(0.8 * 0.5 + 0.2 * 0.5)
    assert scored(RecencyWeights(), 30, 14, 1) == approx(0.8 + 0.2 * (0.6 / 4 + 0.4 / 2))


def test_the_parts_are_explained() -> None:
    """Signals name both parts and add up to the score."""
    found = candidate(30, 7, 0.5)
    Recency(RecencyWeights(), NOW)([found])
    assert [(s.name, s.value, s.contribution) for s in found.signals] == [
        ("match", 0.5, approx(0.4)),
        ("recency.freshness", approx(0.5), approx(0.06)),
        ("recency.novelty", approx(0.5), approx(0.04)),
    ]


def test_never_found_is_as_fresh_as_new() -> None:
    """Without an access, freshness counts from creation; the future is no fresher than now."""
    assert scored(RecencyWeights(), 3, None, 0.5) == scored(RecencyWeights(), 3, 3, 0.5)
    assert scored(RecencyWeights(), -9, -9, 0.5) == scored(RecencyWeights(), 0, 0, 0.5)


@given(
    st.builds(
        RecencyWeights,
        semantic=_weight,
        recency=_weight,
        freshness=_weight,
        novelty=_weight,
        half_life_last_access_days=_half_life,
        half_life_create_days=_half_life,
    ),
    st.floats(-10, 30_000),
    st.one_of(st.none(), st.floats(-10, 30_000)),
    st.floats(0, 1),
)
def test_scores_stay_bounded(
    weights: RecencyWeights, created: float, accessed: float | None, match: float
) -> None:
    """Whatever the knobs, a score lies within 0 to 1, and a better match never scores lower."""
    score = scored(weights, created, accessed, match)
    assert 0 <= score <= 1
    assert scored(weights, created, accessed, match / 2) <= score


def test_weights_beyond_one_keep_the_order() -> None:
    """Weights that add up to more than 1 are scaled, not cut off at the top."""
    heavy = replace(RecencyWeights(), semantic=1.0, recency=1.0)
    assert scored(heavy, 0, 0, 1) == approx(1)
    assert scored(heavy, 0, 0, 0.9) < scored(heavy, 0, 0, 1)
