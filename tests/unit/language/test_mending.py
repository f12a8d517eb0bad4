"""Typed and spoken text in plain spelling."""

import pytest

from agent_memory_services.language.en.mending import mended


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("I'm sure I don't know", "I am sure I do not know"),
        ("im vegan and i cant cook", "I am vegan and I cannot cook"),
        ("my wife's car", "my wife's car"),
        ("we're gonna move", "we are going to move"),
        ("it was fun \u2014 really", "it was fun - really"),
        ("from 2010\u20132015", "from 2010-2015"),
        ("i work @ google", "I work at google"),
        ("**I live in Kyiv**", "I live in Kyiv"),
        ("\u200eI live in Rome", "I live in Rome"),
        ("~~I live in Rome~~ I live in Bonn", " I live in Bonn"),
        ("I LIVE IN A VAN AND I LOVE IT", "I live in a van and I love it"),
        ("my bday is tmrw", "my birthday is tomorrow"),
        ("I am, um, a nurse", "I am a nurse"),
        ("ill be in oslo", "I will be in oslo"),
        ("I am, I am a nurse", "I am a nurse"),
    ],
)
def test_plain_spelling(typed: str, plain: str) -> None:
    """Marks, short forms, slips and fillers go; what is said stays."""
    assert mended(typed) == plain


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("My flight is on Friday, no wait, Saturday", "My flight is on Saturday"),
        ("I live in Rome, I mean Milan", "I live in Milan"),
        ("We have two cats, sorry, three cats", "We have three cats"),
        ("I moved there in 2019, or rather 2020", "I moved there in 2020"),
        ("I work at Acme, scratch that, I work at Globex", "I work at Globex"),
        ("my blood type is O neg\u2026 hang on, A neg", "my blood type is A neg"),
        ("My type is O neg. No hang on, checked the card, A neg", "My type is A neg"),
        ("we land at 14:05 - edit: 16:05, misread the ticket", "we land at 16:05"),
        ("my plate ends in 7KD. No, 7KP.", "my plate ends in 7KP."),
        ("my son's eight. wait no he turned nine", "my son turned nine"),
        ("I have 3 kids. Actually 4, forgot the baby.", "I have 4 kids."),
        ("I am late, sorry for the delay", "I am late, sorry for the delay"),
    ],
)
def test_repairs_are_carried_out(said: str, meant: str) -> None:
    """Who corrects themself within a sentence means what comes last."""
    assert mended(said) == meant
