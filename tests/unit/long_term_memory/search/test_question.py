"""Reading a question."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.domain.terms import Term
from agent_memory_services.long_term_memory.search.question import (
    LONGEST,
    Question,
    gist,
    question_of,
)


@pytest.mark.parametrize(
    ("text", "phrases", "terms"),
    [
        ("What does Alice eat?", (), ("alice", "eat")),
        ('meetings "in the morning" Alice', (("in", "the", "morning"),), ("meetings", "alice")),
        ('"a" "a" ""', (("a",),), ()),
        ('an open "quote', (), ("open", "quote")),
        ("Who is it?", (), ("who", "is", "it")),
        ("tea Tea TEA", (), ("tea",)),
        ("???", (), ()),
        ("@tenant:{other} | -(x) ~y *", (), ("tenant", "other", "x", "y")),
    ],
)
def test_reading(text: str, phrases: tuple[tuple[str, ...], ...], terms: tuple[str, ...]) -> None:
    """Phrases keep every word; of the other words those that say something remain."""
    assert question_of(text, max_words=10) == Question(phrases, tuple(map(Term, terms)))


def test_a_long_question_is_cut() -> None:
    """A page of prose asks with its first words."""
    assert question_of(" ".join(f"w{at}" for at in range(500)), max_words=7).terms[-1].text == "w6"


def test_spelling() -> None:
    """Phrases must occur in one field; terms count beside them without having to occur."""
    question = Question((("a", "b"),), (Term("c"), Term("d")))
    assert question.must() == '((@text:"a b"))'
    assert question.match() == '((@text:"a b")) ~@text:(c|d)'
    around = '((@text:"a b")|(@context:"a b"))'
    assert question.must(around=True) == around
    assert question.match(around=True) == f"{around} ~@text|context:(c|d)"
    assert Question((), (Term("c", ("ç",)),)).match() == "@text:(c|ç)"
    assert Question((("a",),), ()).match() == '((@text:"a"))'
    assert Question((), ()).empty


def test_words_are_those_of_phrases_and_terms() -> None:
    """Every word that is looked for, once."""
    assert Question((("a", "b"), ("b",)), (Term("c"), Term("a"))).words == (
        Term("a"),
        Term("b"),
        Term("c"),
    )


@given(st.text(max_size=40))
def test_no_text_is_syntax(text: str) -> None:
    """Of a text, only words reach the engine."""
    question = question_of(text, max_words=10)
    forms = [form for term in question.terms for form in (term.text, *term.spellings)]
    for word in (*forms, *(word for phrase in question.phrases for word in phrase)):
        assert not re.search(r"[\s!-/:-@\[-`{-~]", word)


PAGE = 'The "old" mill at http://mill.example/?page=2 stood by the river.\n' * 600


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (f"Where do I live? {PAGE}", "Where do I live?"),
        (f"{PAGE}\n\nWho is Ann? And is she well?", "Who is Ann? And is she well?"),
        (f"我住在哪里\N{FULLWIDTH QUESTION MARK}{PAGE}", "我住在哪里\N{FULLWIDTH QUESTION MARK}"),
        (f"أين أسكن؟ {PAGE}", "أين أسكن\N{ARABIC QUESTION MARK}"),
    ],
)
def test_of_a_page_its_questions_are_looked_for(text: str, asked: str) -> None:
    """They stand before or behind what was pasted; a mark in an address is none."""
    assert gist(text) == asked


def test_a_page_without_a_question_is_looked_for_by_its_ends() -> None:
    """What is wanted of it stands there, and a quote in it need not occur."""
    asked = gist(f"Summarise this: {PAGE} That is all.")
    assert len(asked) <= LONGEST + 1
    assert asked.startswith("Summarise this: The  old  mill")
    assert asked.endswith("That is all.")
    assert question_of(asked, max_words=96).phrases == ()


@given(st.text(max_size=LONGEST))
def test_what_fits_is_looked_for_as_a_whole(text: str) -> None:
    """Up to a length that nobody types, nothing is left out."""
    assert gist(text) == text.strip()
