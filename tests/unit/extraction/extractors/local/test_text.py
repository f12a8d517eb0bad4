"""The steps from a message to clauses."""

import pytest

from agent_memory_services.extraction.extractors.local.clauses import Clause, clauses
from agent_memory_services.extraction.extractors.local.contractions import written_out
from agent_memory_services.extraction.extractors.local.sentences import sentences
from agent_memory_services.extraction.extractors.local.speech import QUOTED, own_words


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("I'm sure I don't know", "I am sure I do not know"),
        ("im vegan and i cant cook", "I am vegan and I cannot cook"),
        ("I'd rather go", "I would rather go"),
        ("I'd been there", "I had been there"),
        ("she's a nurse, he's been ill", "she is a nurse, he has been ill"),
        ("my wife's a doctor", "my wife is a doctor"),
        ("my wife's car", "my wife's car"),
        ("we're gonna move", "we are going to move"),
        ("it was fun \u2014 really", "it was fun - really"),
        ("from 2010\u20132015", "from 2010-2015"),
    ],
)
def test_short_forms_are_written_out(short: str, long: str) -> None:
    """Contractions and chat spellings become plain words; possessives stay."""
    assert written_out(short) == long


@pytest.mark.parametrize(
    "text",
    [
        "```python\nname = 'I am Bob'\n```",
        "> I love hiking",
        "<p>I love hiking</p>",
        "name = compute(); // I am Bob;",
    ],
)
def test_foreign_text_is_left_out(text: str) -> None:
    """Code, markup and quoted lines are not the speaker's words."""
    assert own_words(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "He said 'I love jazz'.",
        'She told me "you are the best".',
        "Translate this: I live in Rome.",
        "Please proofread the following: my name is Bob.",
    ],
)
def test_somebody_elses_words_are_marked(text: str) -> None:
    """Quoted speech and text to work on are replaced by a mark."""
    words = own_words(text)
    assert QUOTED in words
    assert "jazz" not in words
    assert "Rome" not in words


def test_titles_are_kept() -> None:
    """A short title in quotation marks is part of the statement."""
    text = 'I read "The Left Hand of Darkness" last month.'
    assert own_words(text) == text


def test_sentences_and_questions() -> None:
    """A statement that leads to a question is kept apart from it."""
    cut = sentences("I met Dr. Chen at 5:30. I'm vegan, what can I cook? Is it hard")
    assert [(sentence.text, sentence.asks) for sentence in cut] == [
        ("I met Dr. Chen at 5:30", False),
        ("I'm vegan", False),
        ("what can I cook", True),
        ("Is it hard", True),
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I prefer tea and I am vegan", [Clause("I prefer tea"), Clause("I am vegan")]),
        ("I love my dog and my cat", [Clause("I love my dog and my cat")]),
        ("My husband Tom and I got married", [Clause("My husband Tom and I got married")]),
        ("Last Friday, I ran", [Clause("I ran", "Last Friday")]),
        ("When I was a kid, I sang", [Clause("I sang", "When I was a kid")]),
        (
            "Since I am lactose intolerant I am trying oat milk",
            [Clause("I am lactose intolerant"), Clause("I am trying oat milk")],
        ),
        ("Hey Mel, by the way, I ran", [Clause("I ran")]),
        ("I moved because I love the sea", [Clause("I moved because I love the sea")]),
    ],
)
def test_clauses(sentence: str, expected: list[Clause]) -> None:
    """A sentence is cut where another thing is said, and only there."""
    assert clauses(sentence) == expected
