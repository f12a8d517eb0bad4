"""The preference for what is fresh."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.domain.forget_policy import rank
from agent_memory_services.long_term_memory.search.ranking import RecencyBlend
from agent_memory_services.long_term_memory.search.scores import Scoresheet
from agent_memory_services.long_term_memory.search.weights import RecencyWeights

DAY = 86_400_000_000
NOW = 20_000 * DAY
_weight = st.floats(0, 1)
_half_life = st.floats(0.001, 36_500)


def memory_of(created: float, accessed: float | None) -> Memory:
    """A memory that was created and found so many days ago."""
    memory = Memory(create_time=to_timestamp(NOW - int(created * DAY)))
    if accessed is not None:
        memory.last_access_time.CopyFrom(to_timestamp(NOW - int(accessed * DAY)))
    return memory


def sheet_of(
    weights: RecencyWeights, created: float, accessed: float | None, match: float
) -> Scoresheet:
    """The scores of such a memory."""
    sheet = Scoresheet(1)
    sheet.add("match", np.array([match]), np.array([match]))
    RecencyBlend(weights, NOW).apply([memory_of(created, accessed)], sheet)
    return sheet


def scored(weights: RecencyWeights, created: float, accessed: float | None, match: float) -> float:
    """The score of such a memory."""
    return float(sheet_of(weights, created, accessed, match).scores[0])


def test_the_formula() -> None:
    """After one half-life of each, half of the recency is left."""
    weights = RecencyWeights(half_life_last_access_days=30)
    assert scored(weights, 30, None, 0.5) == approx(0.8 * 0.5 + 0.2 * 0.5)
    assert scored(weights, 60, None, 1) == approx(0.8 + 0.2 * (0.6 / 4 + 0.4 / 4))


def test_the_parts_are_explained() -> None:
    """Signals name both parts and add up to the score."""
    weights = RecencyWeights(half_life_last_access_days=30)
    assert [
        (signal.name, signal.value, signal.contribution)
        for signal in sheet_of(weights, 30, None, 0.5).signals(0)
    ] == [
        ("match", 0.5, approx(0.4)),
        ("recency.freshness", approx(0.5), approx(0.06)),
        ("recency.novelty", approx(0.5), approx(0.04)),
    ]


def test_being_found_counts_little() -> None:
    """What was found just now gains a small share of what is new, and never loses by it."""
    weights = RecencyWeights()
    old, found, new = (
        scored(weights, age, since, 0.5) for age, since in ((9e3, None), (9e3, 0), (0, None))
    )
    assert old < found < old + (new - old) / 8
    assert scored(weights, 0, 0, 0.5) == new


def test_the_future_is_no_fresher_than_now() -> None:
    """Clocks differ; nothing gains by that."""
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


@given(st.floats(-10, 3_000), st.one_of(st.none(), st.floats(-10, 3_000)))
def test_forgetting_keeps_what_a_ranking_prefers(created: float, accessed: float | None) -> None:
    """Both weigh age by one formula; forgetting alone counts an access in full."""
    recency = RecencyWeights(semantic=0.0, recency=1.0, found=1.0)
    worth, *_ = rank(memory_of(created, accessed), NOW)
    assert scored(recency, created, accessed, 0.0) == approx(min(1.0, worth))


def test_weights_beyond_one_keep_the_order() -> None:
    """Weights that add up to more than 1 are scaled, not cut off at the top."""
    heavy = replace(RecencyWeights(), semantic=1.0, recency=1.0)
    assert scored(heavy, 0, 0, 1) == approx(1)
    assert scored(heavy, 0, 0, 0.9) < scored(heavy, 0, 0, 1)
