"""Clauses of parsed sentences."""

import pytest

from agent_memory_services.language.en.clauses import Modality, Source, Tense, clauses
from agent_memory_services.language.en.parser import shared
from agent_memory_services.language.en.sentences import sentences


def read(sentence: str) -> list[tuple[str, str, str, str]]:
    """Subject, verb group, body and lead of each clause."""
    (tree,) = shared().parse([sentence])
    return [
        (
            clause.subject.text if clause.subject else "",
            " ".join(token.text for token in clause.group),
            " ".join(token.text for token in clause.body),
            " ".join(token.text for token in clause.lead),
        )
        for clause in clauses(tree)
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I prefer tea and I am vegan", [("I", "prefer", "tea", ""), ("I", "am", "vegan", "")]),
        (
            "I live in Berlin and work at Zalando",
            [("I", "live", "in Berlin", ""), ("I", "work", "at Zalando", "")],
        ),
        (
            "I gave up smoking, took up swimming and lost ten kilos",
            [
                ("I", "gave up", "smoking", ""),
                ("I", "took up", "swimming", ""),
                ("I", "lost", "ten kilos", ""),
            ],
        ),
        ("I do not drink or smoke", [("I", "do not drink", "", ""), ("I", "do not smoke", "", "")]),
        ("I love my dog and my cat", [("I", "love", "my dog and my cat", "")]),
        ("Last Friday, I ran a marathon", [("I", "ran", "a marathon", "Last Friday")]),
        (
            "I moved because I love the sea",
            [("I", "moved", "because I love the sea", "")],
        ),
        (
            "My mom, who lives in Ohio, is 72",
            [("mom", "lives", "in Ohio", ""), ("mom", "is", "72", "")],
        ),
        ("I do not eat gluten", [("I", "do not eat", "gluten", "")]),
        ("I no longer eat meat", [("I", "no longer eat", "meat", "")]),
    ],
)
def test_sentence_is_taken_apart(sentence: str, expected: list[tuple[str, str, str, str]]) -> None:
    """A sentence is cut where another thing is said, and only there."""
    assert read(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "tense", "modality"),
    [
        ("I love tea", Tense.PRESENT, Modality.REAL),
        ("I have been learning chess", Tense.PERFECT, Modality.REAL),
        ("I am moving to Rome", Tense.PROGRESSIVE, Modality.REAL),
        ("I will move to Rome", Tense.FUTURE, Modality.REAL),
        ("I used to live in Rome", Tense.USED_TO, Modality.REAL),
        ("I quit smoking", Tense.PAST, Modality.REAL),
        ("I might move to Rome", Tense.PRESENT, Modality.MAY),
        ("I would rather walk", Tense.PRESENT, Modality.WOULD),
        ("I cannot swim", Tense.PRESENT, Modality.CAN),
        ("I must renew my passport", Tense.PRESENT, Modality.MUST),
    ],
)
def test_tense_and_modality(sentence: str, tense: Tense, modality: Modality) -> None:
    """A verb group is read for its time and for how real it is."""
    (tree,) = shared().parse([sentence])
    clause = next(iter(clauses(tree)))
    assert (clause.tense, clause.modality) == (tense, modality)


def test_reason_before_a_command() -> None:
    """A reason that is given for a command is a statement of its own."""
    (tree,) = shared().parse(["Since I am colour blind, please do not rely on red"])
    reason, command = clauses(tree)
    assert reason.source is Source.REASON
    assert command.subject is None
    assert command.negated


def test_sentences_and_questions() -> None:
    """A statement that leads to a question is kept apart from it."""
    cut = sentences("I met Dr. Chen at 5:30. I'm vegan, what can I cook? Is it hard")
    assert [(sentence.text, sentence.asks) for sentence in cut] == [
        ("I met Dr. Chen at 5:30", False),
        ("I'm vegan", False),
        ("what can I cook", True),
        ("Is it hard", True),
    ]
