from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.store.embeddings.local import (
    MAX_PADDED_TOKENS,
    MAX_TEXTS,
    pack,
)

lengths_of_texts = st.lists(st.integers(min_value=2, max_value=256), max_size=200)


@given(lengths_of_texts)
def test_every_text_is_packed_once(lengths: list[int]) -> None:
    """Nothing is lost and nothing is computed twice."""
    packed = [position for group in pack(lengths) for position in group]

    assert sorted(packed) == list(range(len(lengths)))


@given(lengths_of_texts)
def test_no_group_exceeds_its_bounds(lengths: list[int]) -> None:
    """Memory of a forward is bounded by its padded tokens and its texts."""
    for group in pack(lengths):
        assert len(group) <= MAX_TEXTS
        assert len(group) * max(lengths[position] for position in group) <= MAX_PADDED_TOKENS


@given(lengths_of_texts)
def test_groups_go_from_short_to_long(lengths: list[int]) -> None:
    """A short text never waits for a longer one of the same set."""
    packed = [lengths[position] for group in pack(lengths) for position in group]

    assert packed == sorted(lengths)


def test_a_text_over_the_budget_goes_alone() -> None:
    """An oversized text is still computed."""
    assert list(pack([5, 50, 5], max_tokens=20)) == [[0, 2], [1]]


def test_texts_of_almost_one_length_share_a_forward() -> None:
    """A little padding is cheaper than another forward."""
    assert list(pack([12, 10, 11, 12])) == [[1, 2, 0, 3]]


def test_a_long_text_does_not_pad_the_short_ones() -> None:
    """A forward of its own is cheaper than padding everything to its length."""
    assert list(pack([10, 200, 10, 10])) == [[0, 2, 3], [1]]
