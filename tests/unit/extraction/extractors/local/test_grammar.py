"""How words inflect and how statements change person."""

import pytest

from agent_memory_services.extraction.extractors.local.person import (
    Voice,
    about_another,
    about_self,
    about_thing,
)
from agent_memory_services.extraction.extractors.local.predicates import Tense
from agent_memory_services.extraction.extractors.local.verb_groups import predicate
from agent_memory_services.extraction.extractors.local.verbs import third_person, verb

USER = Voice("User")


@pytest.mark.parametrize(
    ("base", "third"),
    [
        ("work", "works"),
        ("have", "has"),
        ("go", "goes"),
        ("study", "studies"),
        ("play", "plays"),
        ("teach", "teaches"),
        ("am", "is"),
        ("were", "was"),
        ("cannot", "cannot"),
    ],
)
def test_third_person(base: str, third: str) -> None:
    """Verbs of the first person agree with "User"."""
    assert third_person(base) == third


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("planning", "plan"),
        ("preferred", "prefer"),
        ("went", "go"),
        ("studied", "study"),
        ("moving", "move"),
        ("visited", "visit"),
        ("built", "build"),
    ],
)
def test_base_of_a_form(form: str, base: str) -> None:
    """Inflected forms lead back to the base that rules name."""
    found = verb(form)
    assert found is not None
    assert found.base == base


@pytest.mark.parametrize(
    ("said", "agreeing", "lemma", "tense", "rest"),
    [
        ("do not like tea", "does not like", "like", Tense.PRESENT, "tea"),
        ("really love tea", "loves", "love", Tense.PRESENT, "tea"),
        ("have been learning chess", "has been learning", "learn", Tense.PERFECT, "chess"),
        ("am going to visit Rome", "is going to visit", "visit", Tense.FUTURE, "Rome"),
        ("am going to Rome", "is going", "go", Tense.PROGRESSIVE, "to Rome"),
        ("used to live in Rome", "used to live", "live", Tense.USED_TO, "in Rome"),
        ("would rather walk", "would rather", "rather", Tense.WOULD, "walk"),
        ("no longer eat meat", "no longer eats", "eat", Tense.PRESENT, "meat"),
        ("have got twins", "has", "have", Tense.PRESENT, "twins"),
        ("quit smoking", "quit", "quit", Tense.PAST, "smoking"),
        ("might move", "might move", "move", Tense.MAY, ""),
    ],
)
def test_verb_groups(said: str, agreeing: str, lemma: str, tense: Tense, rest: str) -> None:
    """A verb group is read for its verb, its tense and what follows."""
    parsed = predicate(said)
    assert parsed is not None
    assert (parsed.agreeing(), parsed.lemma, parsed.tense, parsed.rest) == (
        agreeing,
        lemma,
        tense,
        rest,
    )


def test_speaker_as_subject() -> None:
    """After the speaker as subject, further mentions of them are "they" and "their"."""
    said = "moved because I was sick of my job and treated myself"
    assert about_self(said, USER) == (
        "moved because they were sick of their job and treated themselves"
    )


def test_another_person_as_subject() -> None:
    """After another person as subject, the speaker is always named."""
    said = "visited me when I was ten and I live near my aunt"
    assert about_another(said, USER) == (
        "visited User when User was ten and User lives near User's aunt"
    )


def test_thing_as_subject() -> None:
    """After a thing, the speaker is named once."""
    assert (
        about_thing("calms me and my dog", Voice("Mel"), named=False) == "calms Mel and their dog"
    )
    assert about_thing("calms me", Voice("Mel"), named=True) == "calms them"


def test_listener() -> None:
    """Where the listener has a name, "you" is that name."""
    assert about_self("visited you and your dog", Voice("Ben", "Mara")) == (
        "visited Mara and Mara's dog"
    )
