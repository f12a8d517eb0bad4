"""Words in common, on an absolute scale."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory_services.long_term_memory.search.scores import Occurrences, dampings

_counts = st.integers(1, 4).flatmap(
    lambda terms: st.lists(
        st.lists(st.integers(0, 5), min_size=terms, max_size=terms), min_size=1, max_size=8
    )
)


def occurrences(counts: list[list[int]], padding: int = 3) -> Occurrences:
    """Texts with these counts of each term and some other words."""
    matrix = np.array(counts, dtype=float).T
    lengths = matrix.sum(axis=0) + padding
    return Occurrences(matrix, lengths, dampings(lengths))


@given(_counts)
def test_a_match_is_a_share(counts: list[list[int]]) -> None:
    """A match lies within 0 to 1, and is 0 exactly without a word in common."""
    match = occurrences(counts).match
    assert ((match >= 0) & (match <= 1)).all()
    assert [bool(value) for value in match] == [any(column) for column in counts]


@given(_counts)
def test_the_order_of_texts_does_not_matter(counts: list[list[int]]) -> None:
    """Each text has its match wherever it stands."""
    turned = occurrences(counts[::-1]).match[::-1]
    assert occurrences(counts).match == approx(turned)


def test_usual_text_with_each_word_once_matches_fully() -> None:
    """This is what the scale is a share of."""
    assert occurrences([[1, 1], [1, 1]]).match == approx([1, 1])


def test_rare_words_are_worth_more() -> None:
    """Of two texts with one word each, the one with the rarer word is better."""
    rare, common, *_ = occurrences([[1, 0], [0, 1], [0, 1], [0, 1]]).match
    assert rare > common


def test_long_texts_need_more() -> None:
    """The same word says less in more words."""
    lengths = np.array([100.0, 5.0])
    long, short = Occurrences(np.array([[1.0, 1.0]]), lengths, dampings(lengths)).match
    assert long < short


def test_no_words_at_all() -> None:
    """Empty texts, and a question without words, match nothing."""
    assert Occurrences(np.zeros((2, 3)), np.zeros(3), np.zeros(3)).match == approx([0, 0, 0])
    assert Occurrences(np.zeros((0, 2)), np.ones(2), dampings(np.ones(2))).match == approx([0, 0])
