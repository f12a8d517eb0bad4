"""Kinds of everyday statements, one or more of each; others of their kind are found as well."""

from zoneinfo import ZoneInfo

import pytest

from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from tests.unit.extraction.extractors.local.talk import MONDAY, facts, found, user


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I weigh 72.5 kg", ["User weighs 72.5 kg"]),
        ("I'm 1.70 m tall", ["User is 1.70 m tall"]),
        ("I earn $85k", ["User earns $85k"]),
        ("My shoe size is 43", ["User's shoe size is 43"]),
        ("I drive a beat-up Toyota Corolla", ["User drives a beat-up Toyota Corolla"]),
        ("I manage a team of eight at a logistics firm", None),
        ("I used to drive trucks for UPS", ["User used to drive trucks for UPS"]),
        ("I freelance as an illustrator.", ["User freelances as an illustrator"]),
        (
            "I intend to sell my flat next spring",
            ["User intends to sell their flat in spring 2024"],
        ),
        ("We're having our kitchen redone in August", None),
        ("I'm about to start a PhD at ETH", ["User is about to start a PhD at ETH"]),
        ("I cancelled my gym membership", ["User cancelled their gym membership"]),
        ("I no longer work for the council.", ["User no longer works for the council"]),
        ("I gave up smoking and took up rowing", None),
        ("Dentist Friday 3pm", ["User has a dentist appointment on 12 May 2023 3pm"]),
        ("Flight to Oslo tomorrow at 6:40am", None),
        ("no nuts please", ["User wants no nuts"]),
        ("For cooking, I prefer gas over induction", None),
        ("I'd go for tea over coffee any day", None),
        ("To be honest, you know, I kind of prefer tea.", ["User prefers tea"]),
        ("I prefer dark mode, how do I turn it on?", ["User prefers dark mode"]),
        ("Allergic to bees.", ["User is allergic to bees"]),
        ("Vegetarian here.", ["User is vegetarian"]),
        ("Not a fan of surprises.", ["User is not a fan of surprises"]),
        ("**I live in Kyiv**", ["User lives in Kyiv"]),
        ("My flight is on Friday, no wait, Saturday", ["User's flight is on 13 May 2023"]),
        (
            "name: Priya\ncity: Leicester\ndiet: no eggs",
            ["User Priya lives in Leicester", "User does not eat eggs"],
        ),
        ("I'm Tom, 29, from Cardiff, and I teach maths.", None),
    ],
)
def test_statement_is_found(message: str, expected: list[str] | None) -> None:
    """Each kind of statement makes its facts; where none is named, at least one."""
    texts = facts(user(message))
    assert texts == expected if expected is not None else texts


@pytest.mark.parametrize(
    "message",
    [
        "Let's play a game. I am a dragon and I live in a cave.",
        "You are a helpful doctor. I am a patient with diabetes. Ask me questions.",
        "[01/06/2024, 10:00:00] Ann: I live in Ghent.\n[01/06/2024, 10:00:09] Bob: I'm vegan.",
        "Can you reply to this?\n\nHello,\nI work at Siemens.\nRegards,\nPeter",
        "What do you think of this review? I'm allergic to nuts and I loved the cake.",
        "The lyrics go: I am a vegetarian and I live in a yellow submarine",
        "Great, another Monday. I just love waking up at 5am",
        "I think my sister is a nurse",
        "If I had a million dollars I'd travel",
        "Maybe I'll become a monk, who knows",
    ],
)
def test_what_nobody_says_of_themselves_is_left_out(message: str) -> None:
    """Play, lyrics, pasted words, scorn, guesses and suppositions make no facts."""
    assert facts(user(message)) == []


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Where do you live?", "Lisbon", "User lives in Lisbon"),
        ("What's your dog's name?", "Waffles!", "User's dog's name is Waffles"),
        ("Do you eat meat?", "No", "User does not eat meat"),
        ("Do you have any pets?", "Yes, two cats", "User has two cats"),
        ("How old are you?", "34", "User is 34"),
        ("Do you prefer tea or coffee?", "Tea", "User prefers Tea"),
        ("What do you do for a living?", "nurse", "User is a nurse"),
    ],
)
def test_answer_is_filled_in_from_the_question(question: str, answer: str, expected: str) -> None:
    """A short answer states what the assistant asked for."""
    asked = Turn("m0", "assistant", question, MONDAY)
    (text,) = facts(user(answer), before=[asked])
    assert text.casefold() == expected.casefold()


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        ("Europe/Berlin", "3 April 1990"),
        ("America/New_York", "4 March 1990"),
        (None, "3/4/1990"),
    ],
)
def test_date_in_the_order_of_its_speaker(zone: str | None, date: str) -> None:
    """A date in figures is read as the speaker's part of the world writes it, or stays."""
    said = user("I was born on 3/4/1990")
    conversation = Conversation([said], time_zone=ZoneInfo(zone) if zone else None)
    (candidate,) = LocalExtractor().find(conversation)
    assert date in candidate.text


def test_day_that_comes_back_is_no_date() -> None:
    """A recurring day does not become one date."""
    (candidate,) = found(user("I go to therapy every Thursday"))
    assert candidate.event_time is None
    assert candidate.text == "User goes to therapy every Thursday"


def test_statement_with_several_facts_is_several_facts() -> None:
    """Lists and coordination are taken apart."""
    assert facts(user("I love jazz but can't stand techno, and I live in Bonn.")) == [
        "User loves jazz",
        "User cannot stand techno",
        "User lives in Bonn",
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("my favrite dish is lasagna", ["User's favorite dish is lasagna"]),
        ("i work as a nusre in a hosptial", ["User works as a nurse in a hospital"]),
        ("my birthdya is on the 3rd of june", ["User's birthday is on 3 June"]),
        ("my girlfreind is alergic to penuts", ["User's girlfriend is allergic to peanuts"]),
        ("i'm allergic to walnuts", ["User is allergic to walnuts"]),
        ("my dog is called brwno", ["User's dog is called Brwno"]),
    ],
)
def test_typing_error_is_mended_and_a_name_is_not(message: str, expected: list[str]) -> None:
    """Everyday words are found by distance of edits; words of the dictionary and names stay."""
    assert facts(user(message)) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "so um my brother he's a pilot and he lives in dubai",
            ["User's brother is a pilot", "User's brother lives in dubai"],
        ),
        (
            "i can't do dairy i've got a lactose intolerance",
            ["User cannot do dairy", "User has got a lactose intolerance"],
        ),
        ("ok so i have like three kids", ["User has three kids"]),
        (
            "so what was i going to say oh yeah i start my new job on june first",
            ["User starts their new job on 1 June 2023"],
        ),
        ("we're flying to rome in june no july", ["User is flying to rome in July 2023"]),
        (
            "my girlfriend and i are moving in together",
            ["User and User's girlfriend are moving in together"],
        ),
    ],
)
def test_speech_without_marks_is_taken_apart(message: str, expected: list[str]) -> None:
    """Subjects said twice, run-on clauses, stalling and repairs are put right."""
    assert facts(user(message)) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "35, married, one daughter",
            ["User is 35 years old", "User is married", "User has one daughter"],
        ),
        (
            "Grew up in Leeds, studied in Glasgow, now working in Oslo.",
            ["User grew up in Leeds", "User studied in Glasgow", "User is now working in Oslo"],
        ),
        (
            "Things I can't stand: loud music, olives",
            ["User cannot stand loud music", "User cannot stand olives"],
        ),
        (
            "My goals this year:\n- run a marathon\n- learn Greek",
            ["User plans to run a marathon", "User plans to learn Greek"],
        ),
        ("Favorites:\n- movie: Alien", ["User's favorite movie is Alien"]),
        ("Dislikes: crowds", ["User dislikes crowds"]),
        ("Mom to twin boys.", ["User is a mom to twin boys"]),
        ("New to cycling.", ["User is new to cycling"]),
        ("As a single dad, I never have time to cook.", None),
        ("optician tue 14:00", ["User has an optician appointment on 9 May 2023 14:00"]),
    ],
)
def test_list_and_fragments_become_sentences(message: str, expected: list[str] | None) -> None:
    """Headings tell what their items are; strings of fragments say one thing each."""
    texts = facts(user(message))
    assert texts == expected if expected is not None else texts


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "My husband turns 60 in July and loves fishing.",
            ["User's husband turns 60 in July 2023", "User's husband loves fishing"],
        ),
        (
            "I'm allergic to cats but my wife isn't.",
            ["User is allergic to cats", "User's wife is not allergic to cats"],
        ),
        ("I have two cats and no garden.", ["User has two cats", "User has no garden"]),
        ("It's not my sister who sings, it's my cousin.", ["User's cousin sings"]),
        ("My name isn't Jon, it's John.", ["User's name is John"]),
        ("Correction: the wedding is on the 17th, not the 10th.", None),
        ("There are five of us in the family", None),
        ("Sam, my flatmate, works nights.", ["User's flatmate Sam works nights"]),
        ("My father in law has dementia.", ["User's father-in-law has dementia"]),
        ("my flight leaves at 9", ["User's flight leaves at 9"]),
        ("Nothing beats a cold beer for me", ["User loves a cold beer"]),
        ("Did I mention I'm allergic to walnuts?", ["User is allergic to walnuts"]),
        ("Fewer emojis please, generally.", ["User wants fewer emojis"]),
        (
            "Signed up for a race in October",
            ["User signed up for a race in October 2023"],
        ),
    ],
)
def test_turn_of_talk_says_what_it_stands_for(message: str, expected: list[str] | None) -> None:
    """Ellipsis, denied identity, explained names and reminders state plain facts."""
    texts = facts(user(message))
    assert texts == expected if expected is not None else texts


@pytest.mark.parametrize(
    "message",
    [
        "I'm dying of laughter",
        "I'm married to my job",
        "My boss is a dinosaur haha",
        "my brain is mush today",
        "I'm drowning in emails",
        "My neighbour claims he's a spy",
        "have a nice weekend with the kids",
        "my phone died again",
        "Role play: you're the shopkeeper, I'm a rich widow from Paris.",
        "Packing list: socks, charger, toothbrush",
    ],
)
def test_figure_of_speech_is_no_fact(message: str) -> None:
    """Jest, figures of speech, hearsay, good wishes and lists of tasks state nothing."""
    assert facts(user(message)) == []
