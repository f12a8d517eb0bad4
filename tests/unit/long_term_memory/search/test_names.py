"""Names in questions."""

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.names import QuestionNames, names_of


@pytest.mark.parametrize(
    ("question", "name", "held"),
    [
        ("What is Joanna's hobby?", "Joanna", True),
        ("What is joanna's hobby?", "Joanna", True),
        ("When did she move to New York?", "New York", True),
        ("When did she move to New York?", "York", True),
        ("When did she move to New Jersey?", "New York", False),
        ("Will the mark suit Ann?", "Mark", False),
        ("Will Mark be good?", "Mark", True),
        ("Will it rain?", "Will", False),
        ("what is it", "It", False),
        ("Who is Zoë?", "ZOË", True),
        ("Who is it?", "", False),
        ("", "Ann", False),
    ],
)
def test_names_are_found_by_their_capitals(question: str, name: str, held: bool) -> None:
    """A word is a name where it is written as one, or where nothing is."""
    assert QuestionNames(question).hold(name) is held


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann: hi", ["Ann"]),
        ("Mary Ann Lee: hi", ["Mary Ann Lee"]),
        ("[8 May 2023] Ann: hi", ["Ann"]),
        ('Ann said, "hi"', ["Ann"]),
        ("Ann said: hi", ["Ann"]),
        ("Ann likes tea", []),
        ("It is 10:30 now", []),
        ("The list of things to buy: tea", []),
    ],
)
def test_speakers_are_read_from_the_text(text: str, names: list[str]) -> None:
    """A label at the start says who speaks."""
    assert list(names_of(Memory(text=text))) == names


def test_entities_are_names() -> None:
    """What was noted about a memory counts beside its speaker."""
    assert list(names_of(Memory(text="Ann: hi", entities=["Ben"]))) == ["Ann", "Ben"]
