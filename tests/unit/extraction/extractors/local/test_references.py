"""Pronouns and places become what they mean, or the statement is dropped."""

import pytest

from tests.unit.extraction.extractors.local.talk import facts, said, user


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "My sister Anna lives in Boston. She is a nurse.",
            ["User's sister Anna lives in Boston", "User's sister Anna is a nurse"],
        ),
        (
            "I have a cat. Her name is Luna.",
            ["User has a cat", "User's cat's name is Luna"],
        ),
        (
            "I moved to Lisbon in 2018. I work there as a translator.",
            ["User moved to Lisbon in 2018", "User works in Lisbon as a translator"],
        ),
        (
            "My parents live in Naples. They own a vineyard.",
            ["User's parents live in Naples", "User's parents own a vineyard"],
        ),
        (
            "Any gift ideas for my son? He loves dinosaurs.",
            ["User's son loves dinosaurs"],
        ),
        (
            "My mother visited me on Sunday.",
            ["User's mother visited User on 7 May 2023"],
        ),
    ],
)
def test_reference_to_what_was_mentioned(message: str, expected: list[str]) -> None:
    """A reference with one clear antecedent in the message is written out."""
    assert facts(user(message)) == expected


@pytest.mark.parametrize(
    "message",
    [
        "She is a nurse.",
        "I visited her last week.",
        "I moved there in 2018.",
    ],
)
def test_reference_that_leads_nowhere(message: str) -> None:
    """A reference with no antecedent drops its statement."""
    assert not [fact for fact in facts(user(message)) if "nurse" in fact or "2018" in fact]
    assert not [fact for fact in facts(user(message)) if " her " in fact or " there" in fact]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (
            "My sister and my cousin Eva came. She is a nurse and she loves jazz.",
            'User said: "My sister and my cousin Eva came. She is a nurse and she loves jazz"',
        ),
        (
            "Dr Haddad taught me maths in Beirut. She was ninety and wrote to me.",
            'User said: "Dr Haddad taught me maths in Beirut. She was ninety and wrote to me"',
        ),
    ],
)
def test_sentence_is_kept_with_the_one_that_it_leans_on(message: str, kept: str) -> None:
    """Where nothing tells for sure whom a pronoun means, both sentences are kept together."""
    assert kept in facts(user(message))


def test_reference_to_an_earlier_message() -> None:
    """The messages before the run explain its references and yield no facts themselves."""
    before = [user("My sister Anna lives in Boston.", message_id="m0")]
    assert facts(user("She is a nurse."), before=before) == ["User's sister Anna is a nurse"]


def test_reference_across_speakers() -> None:
    """What one person mentions, the other's pronoun can mean."""
    turns = [
        said("Ben", "My brother plays the cello.", message_id="m1"),
        said("Mara", "Nice! He practices every day, right?", message_id="m2"),
        said("Ben", "Yes. He won a prize in 2020.", message_id="m3"),
    ]
    assert facts(*turns) == ["Ben's brother plays the cello", "Ben's brother won a prize in 2020"]
