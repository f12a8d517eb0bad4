"""Words of a message that are the speaker's own."""

import pytest

from agent_memory_services.extraction.extractors.local.speech import QUOTED, own_words
from agent_memory_services.extraction.extractors.local.wording import third_person


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


@pytest.mark.parametrize(
    "pasted",
    [
        "[01/06/2024, 10:00:00] Ann: I live in Ghent.\n[01/06/2024, 10:00:09] Bob: I am Bob.",
        "Ann: I live in Ghent.\nBob: I love Ghent.",
        "Can you reply to this?\n\nHello,\nI live in Ghent.\nRegards,\nPeter",
        "What do you think of this review? I live in Ghent and I loved the cake.",
        "The lyrics go: I live in Ghent",
        "Dear Sir, I live in Ghent. Yours, Adam. Can you make this letter more formal?",
        "Is this poem any good?\n\nI live in Ghent\nand I am spent",
        "My aunt sent me this\nI live in Ghent, the cat is ill",
        "I live in Ghent.\n\nDoes this text sound natural?",
        "I live in Ghent beside the sea,\nA grey old town,\nThe wind has talked to me,\nAnd down.",
    ],
)
def test_pasted_text_is_left_out(pasted: str) -> None:
    """Chats, letters, mails, reviews, verse and lyrics are somebody else's words."""
    assert "Ghent" not in own_words(pasted)


@pytest.mark.parametrize(
    "told",
    [
        "I live in Ghent\nI work in a bank\nI have two cats\nCan you help me plan my week?",
        "I live in Ghent.\n\nCan you help me with my essay?",
        "Dear assistant,\nI live in Ghent.\nRegards,\nAda",
    ],
)
def test_lines_of_ones_own_are_kept(told: str) -> None:
    """Short lines are no verse, and what stands beside a request may be the speaker's."""
    assert "Ghent" in own_words(told)


@pytest.mark.parametrize(
    ("base", "third"),
    [
        ("work", "works"),
        ("have", "has"),
        ("go", "goes"),
        ("study", "studies"),
        ("play", "plays"),
        ("teach", "teaches"),
        ("am", "is"),
        ("were", "was"),
    ],
)
def test_third_person(base: str, third: str) -> None:
    """Verbs of the first person agree with "User"."""
    assert third_person(base) == third
