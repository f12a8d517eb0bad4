"""The extractor as its callers see it."""

import asyncio
from pathlib import Path

import pytest

from agent_memory_services.extraction.domain.facts import (
    Conversation,
    ExtractionFailed,
    Extractor,
    Kind,
    Strategy,
    Turn,
)
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.language.en.parser import Parser
from tests.unit.extraction.extractors.local.talk import MONDAY, facts, found, said, user

TALK = "I prefer window seats. I live in Oslo. Always answer in metric units."


async def test_extract_answers_what_find_finds() -> None:
    """The asynchronous call gives the same candidates as the pure one."""
    extractor: Extractor = LocalExtractor()
    conversation = Conversation([user(TALK)])
    assert (await extractor.extract(conversation)).candidates == LocalExtractor().find(conversation)


async def test_extract_leaves_the_event_loop_free() -> None:
    """Other tasks run while a long window is read."""
    turns = [user(TALK, message_id=str(index)) for index in range(5)]
    work = asyncio.create_task(LocalExtractor().extract(Conversation(turns)))
    beats = 0
    while not work.done():
        # Without a pause the loop would take the thread that reads its time.
        await asyncio.sleep(0.001)
        beats += 1
    assert beats > 1
    assert len((await work).candidates) == 3


def test_same_input_gives_the_same_candidates() -> None:
    """Extraction is deterministic."""
    assert found(user(TALK)) == found(user(TALK))


def test_preferences_strategy_keeps_preferences_and_instructions() -> None:
    """With the preferences strategy, where somebody lives is left out."""
    texts = [one.text for one in found(user(TALK), strategy=Strategy.PREFERENCES)]
    assert texts == [
        "User prefers window seats",
        "User wants the assistant to always answer in metric units",
    ]


def test_custom_strategy_finds_what_discrete_finds() -> None:
    """Without a model a custom prompt cannot be followed; the discrete facts are found instead."""
    assert found(user(TALK), strategy=Strategy.CUSTOM) == found(user(TALK))


def test_summary_strategy_gives_one_summary() -> None:
    """With the summary strategy the one candidate cites every message it sums up."""
    turns = [user("I live in Oslo.", message_id="m1"), user("I love skiing.", message_id="m2")]
    (candidate,) = found(*turns, strategy=Strategy.SUMMARY, known=["User has two kids."])
    assert candidate.text == "User has two kids. User lives in Oslo. User loves skiing."
    assert candidate.message_ids == ("m1", "m2")
    assert candidate.kind is Kind.SEMANTIC


def test_recalled_text_is_no_evidence() -> None:
    """What was put into the prompt from memory is never remembered again."""
    recalled = Turn("m1", "user", "I love sushi and I live in Kyoto.", MONDAY, recalled=True)
    assert found(recalled) == []


@pytest.mark.parametrize("role", ["assistant", "system", "tool"])
def test_only_people_are_evidence(role: str) -> None:
    """What an assistant, a prompt or a tool says of itself is no fact about the user."""
    assert found(Turn("m1", role, "I live in Oslo and I prefer tea.", MONDAY)) == []


def test_fact_said_twice_is_one_fact() -> None:
    """A repetition makes one candidate that cites both messages."""
    (candidate,) = found(
        user("I work at Globex.", message_id="m1"),
        user("As I said, I work at Globex.", message_id="m2"),
    )
    assert candidate.message_ids == ("m1", "m2")


def test_known_fact_is_not_repeated() -> None:
    """What is stored already is not found again, however it is punctuated."""
    assert found(user("I work at Globex."), known=["user works at Globex."]) == []


def test_named_speakers_are_subjects() -> None:
    """Among people each statement is about the one who made it, whatever the role."""
    turns = [
        said("Ben", "I adopted a dog named Rex yesterday.", message_id="m1"),
        said("Mara", "Lovely! I work at Siemens.", message_id="m2", role="assistant"),
    ]
    first, second = found(*turns)
    assert first.text == "Ben adopted a dog named Rex on 7 May 2023"
    assert first.message_ids == ("m1",)
    assert second.text == "Mara works at Siemens"
    assert second.slot == "mara/employer"
    assert second.message_ids == ("m2",)


def test_named_assistant_is_no_person() -> None:
    """A bot that has a name is still not a speaker of its own life."""
    turns = [
        said("Ben", "I live in Oslo.", message_id="m1"),
        said("HelpBot", "I live in the cloud.", message_id="m2", role="assistant"),
    ]
    assert facts(*turns) == ["Ben lives in Oslo"]


def test_listener_is_named() -> None:
    """Among two people "you" is the other one."""
    turns = [
        said("Ben", "I visited you last summer.", message_id="m1"),
        said("Mara", "It was fun.", message_id="m2"),
    ]
    assert "Ben visited Mara in summer 2022" in facts(*turns)


@pytest.mark.parametrize(
    ("message", "slot"),
    [
        ("My name is Alice.", "user/name"),
        ("I live in Oslo.", "user/home"),
        ("I moved to Oslo in 2020.", "user/home"),
        ("I work for NASA.", "user/employer"),
        ("I'm a nurse.", "user/job"),
        ("I'm vegan.", "user/diet"),
        ("I'm 34 years old.", "user/age"),
        ("My favorite color is teal.", "user/favourite_color"),
        ("My wife works for NASA.", "user's wife/employer"),
    ],
)
def test_slot_of_what_has_one_value(message: str, slot: str) -> None:
    """A fact that replaces an earlier one of its kind says which kind."""
    (candidate,) = found(user(message))
    assert candidate.slot == slot


@pytest.mark.parametrize(
    "message",
    [
        "I was a nurse for ten years.",
        "I used to live in Oslo.",
        "I have lived in Goa and Rome.",
        "I don't eat gluten.",
        "I love tea.",
    ],
)
def test_no_slot_for_what_is_over_or_adds_up(message: str) -> None:
    """Past states and facts that stand beside others replace nothing."""
    (candidate,) = found(user(message))
    assert candidate.slot == ""


@pytest.mark.parametrize(
    ("message", "standing"),
    [
        ("I prefer tea.", True),
        ("Never use emojis.", True),
        ("I'm allergic to peanuts.", True),
        ("I used to like tea.", False),
        ("My wife likes tea.", False),
        ("I live in Oslo.", False),
    ],
)
def test_standing(message: str, *, standing: bool) -> None:
    """What every prompt should consider is the user's own, and holds now."""
    (candidate,) = found(user(message))
    assert candidate.standing is standing


def test_secrets_are_never_facts() -> None:
    """A password or a card number is not remembered, whatever form it comes in."""
    assert found(user("My password is hunter2. My credit card number is 4111 1111.")) == []


async def test_unfit_parser_fails_the_attempt(tmp_path: Path) -> None:
    """Without a parser nothing is found or ruled out; the job is tried again later."""
    with pytest.raises(ExtractionFailed) as raised:
        await LocalExtractor(Parser(tmp_path)).extract(Conversation([user(TALK)]))
    assert raised.value.reason == "parser_unavailable"
