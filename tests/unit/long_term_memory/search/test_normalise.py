"""Values of different legs on one scale."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory_services.long_term_memory.search.scores import reciprocal_ranks, similarities

_distances = st.lists(st.floats(0, 2) | st.just(float("nan")), max_size=6).map(np.array)
_scaled = st.lists(st.floats(0, 1), max_size=6).map(np.array)


def test_similarity_is_absolute() -> None:
    """A distance means the same whatever else was found; beyond a right angle nothing is alike."""
    assert similarities(np.array([0.0, 0.25, 1.0, 1.7])) == approx([1, 0.75, 0, 0])


def test_what_was_not_reached_is_as_far_as_the_farthest() -> None:
    """A memory beyond the depth of a leg is no nearer than those within; nothing is known of it."""
    assert similarities(np.array([0.2, np.nan, 0.6])) == approx([0.8, 0.4, 0.4])
    assert similarities(np.array([np.nan])) == approx([0])


def test_ranks_fall_slowly() -> None:
    """The first rank is worth 1, and a large constant brings the others near it."""
    assert reciprocal_ranks(np.array([0.1, 0.9, 0.0]), 60) == approx([61 / 62, 1, 0])


def test_equals_share_a_rank() -> None:
    """The order in which equals stand does not matter, and the next one comes after them all."""
    assert reciprocal_ranks(np.array([0.5, 0.5, 0.2]), 1) == approx([1, 1, 0.5])


@given(_distances)
def test_similarities_are_bounded_and_keep_the_order(distances: np.ndarray) -> None:
    """Whatever was measured, the scale is 0 to 1 and nearer stays better."""
    scaled = similarities(distances)
    assert ((scaled >= 0) & (scaled <= 1)).all()
    for at, one in enumerate(distances):
        for other, another in enumerate(distances):
            assert not one <= another or scaled[at] >= scaled[other]


@given(_scaled)
def test_ranks_are_bounded_and_keep_the_order(scaled: np.ndarray) -> None:
    """By rank, too, better stays better."""
    ranks = reciprocal_ranks(scaled, 60)
    assert ((ranks >= 0) & (ranks <= 1)).all()
    for at, one in enumerate(scaled):
        for other, another in enumerate(scaled):
            assert one < another or ranks[at] >= ranks[other]
