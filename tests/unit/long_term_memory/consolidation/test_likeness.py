"""Whether two statements say the same."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.consolidation.rules.likeness import (
    Likeness,
    likeness,
    may_be_same,
)
from agent_memory_services.long_term_memory.consolidation.rules.statement import read

PAIRS = tomllib.loads(Path("tests/data/consolidation_pairs.toml").read_text(encoding="utf-8"))
TEXTS = sorted({text for kind in PAIRS.values() for pair in kind for text in pair})


def compared(one: str, other: str, cosine: float = 1.0, *, one_slot: bool = False) -> Likeness:
    """How two texts stand to each other."""
    return likeness(read(one), read(other), cosine, one_slot=one_slot)


@pytest.mark.parametrize(("one", "other"), PAIRS["apart"])
def test_other_facts_never_merge(one: str, other: str) -> None:
    """No vector, however near, makes one of two facts that differ in a word that counts."""
    assert compared(one, other) is not Likeness.SAME
    assert compared(other, one) is not Likeness.SAME


@pytest.mark.parametrize(("one", "other"), PAIRS["agree"])
def test_the_same_said_otherwise_is_the_same(one: str, other: str) -> None:
    """Paraphrases whose vectors are near are the same, in either order."""
    assert compared(one, other) is Likeness.SAME
    assert compared(other, one) is Likeness.SAME


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.floats(-1, 1))
def test_likeness_has_no_direction(one: str, other: str, cosine: float) -> None:
    """Whoever is compared with whom, the answer is the same."""
    assert compared(one, other, cosine) is compared(other, one, cosine)


@given(st.text(max_size=60))
def test_a_text_is_like_itself(text: str) -> None:
    """Any text with words in it says what it says, and reading never fails."""
    assert compared(text, text) is Likeness.SAME or not read(text).words


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_tell_facts_apart(one: int, other: int) -> None:
    """Statements that differ in a number alone are the same only where the number is."""
    alike = compared(f"User saved {one} euros", f"User saved {other} euros") is Likeness.SAME
    assert alike == (one == other)


@pytest.mark.parametrize(
    ("one", "other", "allowed"),
    [
        ("User has 3 cats", "User has 4 cats", False),
        ("User has three cats", "There are 3 cats at User's", True),
        ("User eats meat", "User never eats meat", False),
        ("User's brother is Bob", "User's brother is Rob", False),
        ("Bob likes tea", "Rob likes tea", False),
        ("User is married to Tom", "Tom is User's husband", True),
    ],
)
def test_what_nobody_may_merge(one: str, other: str, *, allowed: bool) -> None:
    """Where numbers, negations or names differ, not even a model's word counts."""
    assert may_be_same(read(one), read(other)) is allowed


def test_a_refinement_is_another_fact() -> None:
    """A statement that says a little more never merges, not even in one slot."""
    shorter, longer = "User is an engineer", "User is a railway engineer"
    assert compared(shorter, longer, 0.9, one_slot=True) is Likeness.UNSURE
    assert compared(shorter, longer, 0.9) is Likeness.UNSURE
    assert compared(shorter, longer, 0.6, one_slot=True) is Likeness.UNSURE


def test_what_is_far_is_another_fact() -> None:
    """A model is asked about near statements only."""
    assert compared("User is vegetarian", "User plays basketball", 0.2) is Likeness.OTHER
