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
        ("I am late, sorry for the delay", "I am late, sorry for the delay"),
    ],
)
def test_repairs_are_carried_out(said: str, meant: str) -> None:
    """Who corrects themself within a sentence means what comes last."""
    assert mended(said) == meant
