"""The forms of a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.language.en.words import stem


@pytest.mark.parametrize(
    "forms",
    [
        ("hike", "hikes", "hiked", "hiking"),
        ("go", "goes", "went", "gone", "going"),
        ("party", "parties"),
        ("box", "boxes"),
        ("plan", "plans", "planned", "planning"),
        ("child", "children"),
        ("call", "calls", "called", "calling"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    """Regular and irregular forms come together."""
    assert len(set(map(stem, forms))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("thing", "th"),
        ("bus", "bu"),
        ("glass", "glas"),
        ("red", "r"),
        ("sing", "s"),
        ("1980s", "1980"),
    ],
)
def test_short_words_keep_their_endings(one: str, other: str) -> None:
    """What merely looks like an ending stays."""
    assert stem(one) != stem(other)


@given(st.text(alphabet=st.characters(min_codepoint=0x370), min_size=1, max_size=12))
def test_other_scripts_are_left_alone(word: str) -> None:
    """The rules are about English letters."""
    assert stem(word) == word
