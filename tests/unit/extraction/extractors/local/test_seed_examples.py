"""What the product's own examples promise."""

import pytest

from agent_memory_services.extraction.domain.facts import Kind
from tests.unit.extraction.extractors.local.talk import facts, found, user


def test_introduction_makes_three_facts() -> None:
    """An introduction makes exactly the three facts it holds, the name standing in the first."""
    candidates = found(
        user(
            "I'm Alice, I work as a Product Manager at StartupCorp. "
            "I prefer morning meetings and I'm vegetarian."
        )
    )
    assert [candidate.text for candidate in candidates] == [
        "User Alice works as Product Manager at StartupCorp",
        "User prefers morning meetings",
        "User is vegetarian",
    ]
    assert {candidate.kind for candidate in candidates} == {Kind.SEMANTIC}
    assert "Alice" in candidates[0].entities
    assert "StartupCorp" in " ".join(candidates[0].entities)


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        (
            "I'm planning a trip to Italy next month",
            "User is planning a trip to Italy in June 2023",
        ),
        (
            "I'm working on a React project with TypeScript",
            "User is working on a React project with TypeScript",
        ),
        (
            "I prefer using functional components over class components",
            "User prefers functional components over class components",
        ),
        ("I'm a senior developer at Google", "User is a senior developer at Google"),
        (
            "I have 5 years experience in product management",
            "User has 5 years experience in product management",
        ),
        ("I completed my MBA at Stanford in 2019", "User completed their MBA at Stanford in 2019"),
        (
            "I prefer email communication over phone calls",
            "User prefers email communication over phone calls",
        ),
        ("I work in marketing at TechCorp", "User works in marketing at TechCorp"),
    ],
)
def test_statement_makes_its_fact(message: str, fact: str) -> None:
    """Each statement of the documented patterns makes the fact that is documented for it."""
    assert facts(user(message)) == [fact]


def test_name_on_its_own_is_a_fact() -> None:
    """A name that no other fact carries is kept as a fact of its own."""
    message = "Hi! I'm Alice and I love Italian food, especially pasta carbonara."
    assert facts(user(message)) == [
        "User's name is Alice",
        "User loves Italian food, especially pasta carbonara",
    ]


@pytest.mark.parametrize(
    "question",
    [
        "What restaurants should I try?",
        "What's a good project management tool?",
        "My code doesn't work, why?",
    ],
)
def test_question_makes_nothing(question: str) -> None:
    """A question states nothing."""
    assert facts(user(question)) == []
