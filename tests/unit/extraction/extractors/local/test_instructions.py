"""Standing instructions, and one-off requests that are none."""

import pytest

from tests.unit.extraction.extractors.local.talk import facts, found, said, user


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("From now on, answer in French.", "answer in French from now on"),
        (
            "When I ask about code, always include type hints.",
            "always include type hints when User asks about code",
        ),
        (
            "Always include metric units when I ask for a recipe.",
            "always include metric units when User asks for a recipe",
        ),
        ("Never use emojis in your replies.", "never use emojis in its replies"),
        ("Please always call me Al.", "always call User Al"),
        ("Don't ever suggest seafood.", "never suggest seafood"),
        ("You should always cite your sources.", "always cite its sources"),
        ("I'd like you to be more concise.", "be more concise"),
        ("Keep your answers short.", "keep its answers short"),
    ],
)
def test_standing_instruction(sentence: str, wanted: str) -> None:
    """What is to hold from now on is kept as a standing wish of the user."""
    (candidate,) = found(user(sentence))
    assert candidate.text == f"User wants the assistant to {wanted}"
    assert candidate.standing
    assert "instructions" in candidate.topics


@pytest.mark.parametrize(
    "request_",
    [
        "Answer in French.",
        "Don't forget the semicolons.",
        "Please write a poem about the sea.",
        "Never mind.",
        "Always happy to help.",
        "When I asked about code, you gave me a poem.",
    ],
)
def test_one_off_request_is_no_instruction(request_: str) -> None:
    """A request for now binds nobody later."""
    assert facts(user(request_)) == []


def test_reason_is_a_fact_of_its_own() -> None:
    """What the user says of themself along with an instruction is kept apart from it."""
    assert facts(user("Never suggest shrimp, I'm allergic to shellfish.")) == [
        "User wants the assistant to never suggest shrimp",
        "User is allergic to shellfish",
    ]


def test_nickname() -> None:
    """How somebody wants to be called replaces what they wanted before."""
    (candidate,) = found(user("You can call me Dee."))
    assert candidate.text == "User wants to be called Dee"
    assert candidate.slot == "user/called"


def test_people_do_not_instruct_one_another() -> None:
    """Among people an imperative is conversation."""
    turns = [said("Ben", "Always lock the door!"), said("Mara", "Sure.", message_id="m2")]
    assert facts(*turns) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Speak to me like a novice when we talk about taxes.",
            "User wants the assistant to speak to User like a novice when User talks about taxes",
        ),
        (
            "If I paste an essay, only mark the typos.",
            "User wants the assistant to only mark the typos if User pastes an essay",
        ),
        ("Distances in miles from here on, please.", "User wants distances in miles from here on"),
        ("no nuts, no sesame, nothing fried", "User wants no nuts, no sesame, nothing fried"),
        ("Address me as Skipper in here", "User wants to be called Skipper"),
    ],
)
def test_instruction_tells_on_what_occasion_of_the_talk_it_holds(
    message: str, expected: str
) -> None:
    """What is done in a conversation, asking, pasting or talking of something, makes a rule."""
    assert expected in facts(user(message))
