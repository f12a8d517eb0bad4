"""Slots that a memory's words fill without a doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.consolidation.rules.slots import slot_of


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("I work at Acme", "user/employer", "acme"),
        ("I joined Globex", "user/employer", "globex"),
        ("User works for Acme Corp in Berlin.", "user/employer", "acme corp"),
        ("User joined Globex in May 2024 as a designer", "user/employer", "globex"),
        ("I\u2019m working at Globex now", "user/employer", "globex"),
        ("I've just joined Globex", "user/employer", "globex"),
        ("I got a new job at Initech!", "user/employer", "initech"),
        ("Alice Smith works at Acme", "alice smith/employer", "acme"),
        ("The user lives in the Netherlands", "user/home", "netherlands"),
        ("User moved from Paris to New York in May 2024", "user/home", "new york"),
        ("I'm based in Berlin", "user/home", "berlin"),
        ("User works as a software engineer at Acme", "user/job", "software engineer"),
        ("My name is Bob", "user/name", "bob"),
        ("User's birthday is on May 4", "user/birthday", "may 4"),
    ],
)
def test_plain_sentences_fill_a_slot(text: str, name: str, value: str) -> None:
    """A sentence that gives one value, and nothing else, names the slot and the value."""
    slot = slot_of(text)
    assert slot is not None
    assert (slot.name, slot.value) == (name, frozenset(value.split()))


@pytest.mark.parametrize(
    "text",
    [
        "I joined the gym",
        "I joined Alice for dinner",
        "I joined Facebook in 2009",
        "I joined Acme's party last week",
        "Everyone works at Acme",
        "I work at Acme part-time",
        "I also work at Acme",
        "I don't work at Acme",
        "I might work at Acme",
        "I used to work at Acme",
        "I lived in Paris",
        "I moved to React",
        "I live near Lisbon",
        "I live with Ann",
        "If I work at Acme I will be rich",
        "My sister lives in Porto",
        "I work at Acme and live in Lisbon with my dog",
        "She works at Acme",
        "User likes tea",
    ],
)
def test_what_leaves_a_doubt_fills_none(text: str) -> None:
    """Hobbies, hedges, denials, other people and longer stories end no fact."""
    slot = slot_of(text)
    assert slot is None or slot.value.isdisjoint({"lisbon"})
    assert slot is None


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    """No text makes the rules fail."""
    slot = slot_of(text)
    assert slot is None or slot.value
