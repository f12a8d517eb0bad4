"""Content of statements, found in other words than the golden file's."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.evaluation.matching import DENIAL, Content, same_word

WORDS = st.sampled_from(["bees", "Lyon", "café", "not", "vegan", "two", "running", "Ana", "tea"])
PARTS = st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=3)
CONTENTS = st.builds(Content, PARTS, st.lists(WORDS, max_size=2))
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)


@pytest.mark.parametrize(
    ("language", "says", "text"),
    [
        ("en", ["move", "Leeds"], "User moved to leeds"),
        ("en", ["run", "shop"], "User is running two shops"),
        ("en", ["study"], "User studies law"),
        ("en", ["half past six"], "The flight leaves at half past six."),
        ("en", [DENIAL, "drive"], "User doesn\u2019t drive"),
        ("en", [DENIAL, "drive"], "user cant drive"),
        ("en", [DENIAL, "drive"], "User cannot drive"),
        ("en", ["can't drive"], "User can not drive"),
        ("en", ["cat", "Pixel"], "_My cat is called Pixel_"),
        ("fr", ["émojis", "jamais"], "N'utilise JAMAIS d'emojis"),
        ("de", ["größe"], "GROSSE 1,78"),
        ("tr", ["izmir"], "İZMİR'de oturuyor"),
        ("pl", ["mieszkam", "Łodzi"], "mieszka w Lodzi"),
        ("ru", ["ёлка"], "Елка стоит"),
        ("ar", ["عمان"], "أعيش في عمّان"),
        ("hi", ["दो", "कुत्ते"], "मेरे दो कुत्ते हैं।"),
        ("zh", ["不", "牛肉"], "我不吃牛肉。"),
        ("ja", ["ラーメン"], "ラーメンが好き"),
        ("ko", ["안", "고기"], "저는 고기를 안 먹어요"),
    ],
)
def test_case_marks_and_endings_make_no_difference(
    language: str, says: Sequence[str], text: str
) -> None:
    """A statement is found as it is spelled, inflected and marked elsewhere."""
    assert Content([[part] for part in says], language=language).is_in(text)


@pytest.mark.parametrize(
    ("language", "says", "text"),
    [
        ("en", ["car"], "User likes cartoons"),
        ("en", ["six"], "User is sixty"),
        ("en", ["half past six"], "User slept past six and a half"),
        ("en", [DENIAL], "User knows Nora"),
        ("en", ["1.68"], "User runs 68 km"),
        ("de", ["keine"], "Ich mag kleine Hunde"),
        ("tr", ["sevmem"], "Bamya severim"),
        ("tr", ["içmiyorum"], "Sigara içiyorum"),
        ("hi", ["दो"], "मेरा दोस्त आया"),
        ("ar", ["لا"], "أسكن في الإسكندرية"),
    ],
)
def test_other_words_are_other_words(language: str, says: Sequence[str], text: str) -> None:
    """Words that only begin alike, and statements of the other polarity, do not count."""
    assert not Content([[part] for part in says], language=language).is_in(text)


@given(CONTENTS, TEXTS, WORDS)
def test_more_demands_fit_fewer_texts_and_more_choice_fits_more(
    content: Content, text: str, word: str
) -> None:
    """A further part or a forbidden word never admits a text, an alternative never bars one."""
    fits = content.is_in(text)
    assert replace(content, says=[*content.says, [word]]).is_in(text) <= fits
    assert replace(content, lacks=[*content.lacks, word]).is_in(text) <= fits
    assert fits <= replace(content, says=[[*part, word] for part in content.says]).is_in(text)


@given(CONTENTS, TEXTS, TEXTS)
def test_words_beside_a_statement_do_not_hide_it(content: Content, text: str, more: str) -> None:
    """A longer text says what its part says, unless it says what must not be said."""
    plain = replace(content, lacks=())
    assert plain.is_in(text) <= plain.is_in(f"{more} {text}")
    assert content.is_in(f"{text} {more}") <= (
        not replace(content, says=[content.lacks]).is_in(more)
    )


@given(CONTENTS, TEXTS)
def test_case_and_order_of_parts_do_not_decide(content: Content, text: str) -> None:
    """A text in capitals fits what the text fits, whatever the parts' order."""
    assert content.is_in(text) is content.is_in(text.upper())
    assert content.is_in(text) is replace(content, says=content.says[::-1]).is_in(text)


@given(*[st.text("abdeginrsy", min_size=1, max_size=9)] * 2, st.sampled_from(["en", "pl"]))
def test_being_forms_of_one_word_is_mutual(one: str, other: str, language: str) -> None:
    """Every word is a form of itself, and the order of two words makes no difference."""
    assert same_word(one, one, language)
    assert same_word(one, other, language) is same_word(other, one, language)
