"""Second reading: what messages tell, and instances of kinds."""

import pytest
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.long_term_memory.domain.columns import features
from agent_memory_services.long_term_memory.domain.traits import FEATURES
from agent_memory_services.long_term_memory.search.telling import (
    ASKED,
    TELLING,
    Kinds,
    Telling,
    kinds_of,
    ways,
)
from tests.unit.long_term_memory.search.pools import evidence


def _message(text: str) -> Memory:
    return Memory(text=text, type=MemoryType.MEMORY_TYPE_MESSAGE)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("I bought a cello in Trieste for 300 euros last week.", "Oh nice, what did you buy?"),
        ("My sister Ines lives in Porto with her two dogs.", "Thanks!"),
    ],
)
def test_who_tells_stands_before_who_asks_or_thanks(more: str, less: str) -> None:
    """A statement with names and numbers tells more than a question or a reaction."""
    told, asked = Telling("What happened?").measure([_message(more), _message(less)])
    assert told > asked


def test_what_is_no_message_stays_where_it_is() -> None:
    """A fact was kept for what it tells, however short its words are."""
    values = Telling("What does Ann drink?").measure([Memory(text="tea"), _message("Thanks!")])
    assert values[0] == 0
    assert values[1] < 0


def test_every_feature_and_way_of_asking_has_a_weight() -> None:
    """The file of weights fits the features that are read."""
    assert set(TELLING.features) == set(FEATURES)
    assert set(TELLING.asked) == {way for way, _ in ASKED}
    assert len(features("Any text.")) == len(FEATURES)


@pytest.mark.parametrize(
    ("question", "way"),
    [
        ("When did Ann leave?", "when"),
        ("Who called?", "who"),
        ("In which city does Ann live?", "where"),
        ("How many dogs are there?", "many"),
        ("What are the names of her dogs?", "several"),
        ("Why did she leave?", "why"),
    ],
)
def test_ways_of_asking_are_told_apart(question: str, way: str) -> None:
    """A question says by its first words what an answer has."""
    assert way in ways(question)


def test_an_instance_is_found_by_its_kind() -> None:
    """Whoever asks for instruments looks for a cello; the question's own words are no instance."""
    texts = ("I sold the cello.", "My two dogs play.", "I play every day.")
    kinds = kinds_of("Which instruments and pets does Ann have?")
    values = Kinds(1, kinds[:1]).measure(evidence([_message(text) for text in texts]))
    assert values == approx([1, 0, 0])
    assert all("instrument" not in kind for kind in kinds)


@pytest.mark.parametrize("question", ["Did Ann play her instrument?", "Where is the book?"])
def test_a_thing_of_which_no_kind_is_asked_has_no_instances(question: str) -> None:
    """A kind is asked for behind words such as which, what or names of."""
    assert kinds_of(question) == []
