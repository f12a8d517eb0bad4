"""Facts of a conversation, found message by message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    EventTime,
    Kind,
    Precision,
    Turn,
)
from agent_memory_services.extraction.extractors.local.clauses import clauses, without_openers
from agent_memory_services.extraction.extractors.local.entities import entities
from agent_memory_services.extraction.extractors.local.evidence import Cast, cast
from agent_memory_services.extraction.extractors.local.fiction import is_fiction
from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.instructions import Wish, instruction
from agent_memory_services.extraction.extractors.local.mentions import note_mentions
from agent_memory_services.extraction.extractors.local.patterns import Pack
from agent_memory_services.extraction.extractors.local.person import Voice
from agent_memory_services.extraction.extractors.local.predicates import Predicate, Tense
from agent_memory_services.extraction.extractors.local.references import References
from agent_memory_services.extraction.extractors.local.rules import Company, Family
from agent_memory_services.extraction.extractors.local.sentences import Sentence, sentences
from agent_memory_services.extraction.extractors.local.speech import own_words
from agent_memory_services.extraction.extractors.local.statements import (
    Scene,
    Statement,
    statements,
)
from agent_memory_services.extraction.extractors.local.subjects import About
from agent_memory_services.extraction.extractors.local.topics import topics

_LASTING = re.compile(r"\b(?:since|for|always)\b")
# A question in form alone: "Could you always cite your sources?"
_STANDING_REQUEST: Final = re.compile(
    r"^(?:could|can|would|will) you (?:please )?(?:always|never)\b", re.IGNORECASE
)
_OVER: Final = frozenset({Tense.PAST, Tense.USED_TO})


@dataclass(frozen=True, slots=True)
class Fact:
    """A candidate with what is needed to choose and to join it.

    Attributes:
        candidate: The candidate itself.
        family: What sort of fact it is.
        about: Whom it is about.
        name: The speaker's name, where the fact tells it.
    """

    candidate: Candidate
    family: Family
    about: About
    name: str = ""


def facts(conversation: Conversation, rules: Pack) -> Iterator[Fact]:
    """Yield the facts that the turns of a conversation state, in order."""
    people, references = cast(conversation), References()
    for turn in conversation.before:
        # Read for what it mentions; its facts belong to an earlier run.
        list(_of_turn(turn, conversation, people, references, rules))
    for turn in conversation.turns:
        yield from _introduced(list(_of_turn(turn, conversation, people, references, rules)))


def _of_turn(
    turn: Turn, conversation: Conversation, people: Cast, references: References, rules: Pack
) -> Iterator[Fact]:
    voice = people.voice(turn)
    if voice is None:
        return
    references.next_message()
    scene = Scene(
        voice=voice,
        company=people.company,
        said=turn.at.astimezone(conversation.time_zone) if conversation.time_zone else turn.at,
        references=references,
        pack=rules,
    )
    for sentence in sentences(own_words(turn.text)):
        yield from _of_sentence(sentence, scene, turn)


def _of_sentence(sentence: Sentence, scene: Scene, turn: Turn) -> Iterator[Fact]:
    text = without_openers(sentence.text)
    if sentence.asks and not _STANDING_REQUEST.match(text):
        # "Any gift ideas for my son?" states nothing, yet tells who "he" is.
        note_mentions(text, scene.voice.speaker, scene.references)
        return
    if is_fiction(text):
        return
    wish = instruction(text, scene.pack) if scene.company is Company.ASSISTANT else None
    if wish is not None:
        yield _wanted(wish, scene.voice, turn)
    for clause in clauses(wish.reason if wish else sentence.text):
        for statement in statements(clause, scene):
            yield _stated(statement, scene, turn)


def _wanted(wish: Wish, voice: Voice, turn: Turn) -> Fact:
    text = re.sub(r"\bUser\b", voice.speaker, wish.text)
    candidate = Candidate(
        text=text,
        kind=Kind.SEMANTIC,
        message_ids=(turn.message_id,),
        topics=topics(text, ("instructions",)),
        entities=entities(text),
        standing=True,
        slot=f"{voice.speaker.lower()}/{wish.slot}" if wish.slot else "",
    )
    return Fact(candidate, Family.INSTRUCTION, About.SELF)


def _stated(statement: Statement, scene: Scene, turn: Turn) -> Fact:
    rule, text = statement.rule, statement.text
    family = rule.family or Family.STATEMENT
    known = ("preferences", *rule.topics) if family is Family.PREFERENCE else rule.topics
    candidate = Candidate(
        text=text,
        kind=Kind.EPISODIC if statement.when else Kind.SEMANTIC,
        message_ids=(turn.message_id,),
        topics=topics(text, known),
        entities=entities(text),
        event_time=statement.when,
        expire_time=_end(statement.when, scene.said) if rule.expires else None,
        standing=rule.standing and _still_own(statement),
        slot=_slot(statement, scene.voice),
    )
    return Fact(candidate, family, statement.subject.about, statement.groups.get("name", ""))


def _still_own(statement: Statement) -> bool:
    """Return true if a preference is the speaker's own and still holds."""
    return statement.subject.about is not About.KIN and statement.predicate.tense not in _OVER


def _slot(statement: Statement, voice: Voice) -> str:
    subject, slot = statement.subject, statement.rule.slot
    if not slot or subject.plural or _past_state(statement.predicate):
        return ""
    noun = subject.noun.replace("favorite", "favourite").removesuffix(" of all time")
    attribute = slot.format(noun=noun.replace(" ", "_"))
    owner = voice.speaker if subject.about is About.OWN else subject.name
    return f"{owner.lower()}/{attribute}"


def _past_state(predicate: Predicate) -> bool:
    """Return true if a state is over, or one of several ("I have lived in Goa and Rome")."""
    if predicate.lemma not in words("states"):
        # What one did once holds since then: "I have moved to Rome".
        return predicate.tense is Tense.USED_TO
    if predicate.tense is Tense.PERFECT:
        return _LASTING.search(predicate.rest) is None
    return predicate.tense in _OVER


def _end(when: EventTime | None, said: datetime) -> datetime | None:
    """Return the midnight that ends the day of an event still to come."""
    if when is None or when.precision not in {Precision.DAY, Precision.INSTANT}:
        return None
    if when.start.date() < said.date():
        return None
    return (when.start + timedelta(days=1)).replace(hour=0, minute=0)


def _introduced(found: list[Fact]) -> list[Fact]:
    """Let a name that was given along with another fact about oneself stand in that fact."""
    named = next((fact for fact in found if fact.name and fact.family is Family.NAME), None)
    first = next(
        (fact for fact in found if fact.family is Family.PROFILE and fact.about is About.SELF),
        None,
    )
    if named is None or first is None or not first.candidate.text.startswith("User "):
        return found
    text = f"User {named.name} {first.candidate.text.removeprefix('User ')}"
    joined = replace(
        first,
        candidate=replace(first.candidate, text=text, entities=entities(text)),
    )
    return [joined if fact is first else fact for fact in found if fact is not named]
