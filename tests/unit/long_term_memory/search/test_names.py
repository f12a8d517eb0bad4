"""Names in questions."""

import numpy as np
import pytest

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.long_term_memory.domain.traits import names_of
from agent_memory_services.long_term_memory.search.question import Wording
from agent_memory_services.long_term_memory.search.signals import (
    Evidence,
    NamedEntities,
    QuestionNames,
)

MESSAGE = MemoryType.MEMORY_TYPE_MESSAGE


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
        ("Where do I live?", "user", True),
        ("Where do I live?", "assistant", False),
        ("Which book did you recommend to me?", "assistant", True),
        ("Which book did you recommend to me?", "user", False),
        ("Can you tell me my name?", "user", True),
        ("Where does Ann live?", "user", False),
        ("", "Ann", False),
    ],
)
def test_names_are_found_by_their_capitals(question: str, name: str, held: bool) -> None:
    """A word is a name where it is written as one, or where nothing is."""
    assert QuestionNames(question).hold(name) is held


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("What did Ann give to Ben?", {"Ben"}),
        ("What has Ben told Ann about Cleo?", {"Ann", "Cleo"}),
        ("What do Ann and Ben like?", set()),
        ("Are Ann's and Ben's cats grey?", set()),
        ("Who met Ann, Ben or Cleo?", set()),
        ("What did Ann and Ben buy for Cleo?", {"Cleo"}),
        ("What does Ann like about Ann's house?", set()),
        ("Where did I meet Ann?", set()),
        ("Was mögen Ann und Ben?", set()),
        ("Что любят Ann и Ben?", set()),
        ("ماذا يحب Ann و Ben؟", set()),
        ("Was hat Ann für Ben gekauft?", {"Ben"}),
    ],
)
def test_the_first_name_and_those_joined_to_it_stand_before_others(
    question: str, others: set[str]
) -> None:
    """A question names first who does something, and then to whom."""
    assert QuestionNames(question).others(["user", "Cleo", "Ben", "Ann"]) == others


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("What did Ann give to Ben?", [0.8, 0.2, 0.8, 0.2]),
        ("What do Ann and Ben like?", [0.5, 0.5, 0.5, 0.5]),
        ("Where did I meet Ben?", [0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_who_is_named_first_counts_most_among_speakers(question: str, values: list[float]) -> None:
    """Of two who speak with each other, what the first one says is asked for; a role is no name."""
    said = [Memory(text="hi", entities=[name], type=MESSAGE) for name in ("Ann", "Ben")]
    for message, role in zip(said, ("user", "assistant"), strict=True):
        message.metadata["role"] = role
    memories = [*said, *said]
    evidence = Evidence(memories, np.zeros(4), Wording([], memories).text)
    measured = NamedEntities(1, QuestionNames(question), 0.25).measure(evidence)
    assert measured is not None
    assert measured.tolist() == pytest.approx(values)


def test_whom_facts_alone_are_about_counts_in_full() -> None:
    """A name that no message is by is none of a speaker, whatever stands before it."""
    memories = [
        Memory(text="hi", entities=["Ann"], type=MESSAGE),
        Memory(text="Ben went to Oslo", entities=["Ben"], type=MemoryType.MEMORY_TYPE_SEMANTIC),
    ]
    evidence = Evidence(memories, np.zeros(2), Wording([], memories).text)
    part = NamedEntities(1, QuestionNames("What did Ann say of Ben?"), 0.1)
    measured = part.measure(evidence)
    assert measured is not None
    assert measured.tolist() == [0.5, 0.5]


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
    assert list(names_of(Memory(text=text, type=MESSAGE))) == names


def test_roles_are_names_of_messages() -> None:
    """A message has the role that its application noted; what is no message passes for both."""
    message = Memory(text="hi", type=MESSAGE, entities=["Ann"])
    message.metadata["role"] = "user"
    assert list(names_of(message)) == ["user", "Ann"]
    message.type = MemoryType.MEMORY_TYPE_SEMANTIC
    assert list(names_of(message)) == ["user", "assistant", "Ann"]


@pytest.mark.parametrize("question", ["Where do I live?", "What did you recommend to me?"])
def test_facts_stand_level_with_the_messages_of_a_role(question: str) -> None:
    """What a pronoun gives to the messages of one side, it gives to every fact too."""
    said = [Memory(text="hi", type=MESSAGE) for _ in range(2)]
    for message, role in zip(said, ("user", "assistant"), strict=True):
        message.metadata["role"] = role
    fact = Memory(text="User lives in Oslo", type=MemoryType.MEMORY_TYPE_SEMANTIC)
    memories = [*said, fact]
    evidence = Evidence(memories, np.zeros(3), Wording([], memories).text)
    values = NamedEntities(0.15, QuestionNames(question)).measure(evidence)
    assert values is not None
    assert sorted(values[:2]) == [0, 1]
    assert values[2] == 1


def test_entities_are_names() -> None:
    """What was noted about a memory counts beside its speaker."""
    said = Memory(text="Ann: hi", entities=["Ben"], type=MESSAGE)
    assert list(names_of(said)) == ["Ann", "Ben"]
