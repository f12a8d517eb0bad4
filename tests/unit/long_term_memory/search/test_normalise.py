"""Values of different legs on one scale."""

from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory_services.long_term_memory.search.normalise import (
    reciprocal_ranks,
    relative_to_best,
    similarities,
)

_distances = st.dictionaries(st.text(max_size=3), st.floats(0, 2), max_size=5)
_scores = st.dictionaries(st.text(max_size=3), st.floats(0, 1e9), max_size=5)


def test_similarity_is_absolute() -> None:
    """A distance means the same whatever else was found; beyond a right angle nothing is alike."""
    assert similarities({"a": 0.0, "b": 0.25, "c": 1.0, "d": 1.7}) == approx(
        {"a": 1, "b": 0.75, "c": 0, "d": 0}
    )


def test_scores_are_shares_of_the_best() -> None:
    """The best score is 1; scores of nothing stay nothing."""
    assert relative_to_best({"a": 8.0, "b": 2.0}) == approx({"a": 1, "b": 0.25})
    assert relative_to_best({"a": 0.0}) == {"a": 0}
    assert relative_to_best({}) == {}


def test_ranks_fall_slowly() -> None:
    """The first rank is worth 1, and a large constant brings the others near it."""
    assert reciprocal_ranks({"a": 9.0, "b": 1.0}, 60) == approx({"a": 1, "b": 61 / 62})


@given(_distances, _scores)
def test_all_scales_are_bounded_and_keep_the_order(
    distances: dict[str, float], scores: dict[str, float]
) -> None:
    """Whatever was measured, the scale is 0 to 1 and better stays better."""
    for values, scaled, sign in (
        (distances, similarities(distances), -1),
        (scores, relative_to_best(scores), 1),
    ):
        assert all(0 <= value <= 1 for value in scaled.values())
        for one in values:
            for other in values:
                if sign * values[one] >= sign * values[other]:
                    assert scaled[one] >= scaled[other]
