"""Reading of one clause as a statement in the third person."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory_services.extraction.domain.facts import EventTime, Precision
from agent_memory_services.extraction.extractors.local.chains import links
from agent_memory_services.extraction.extractors.local.clauses import Clause
from agent_memory_services.extraction.extractors.local.date_phrases import DATE_PHRASE
from agent_memory_services.extraction.extractors.local.dates import ground
from agent_memory_services.extraction.extractors.local.ellipsis import with_subject
from agent_memory_services.extraction.extractors.local.fiction import is_doubtful
from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.leads import after_object, before_verb
from agent_memory_services.extraction.extractors.local.mentions import note_mentions
from agent_memory_services.extraction.extractors.local.patterns import Pack
from agent_memory_services.extraction.extractors.local.person import Voice
from agent_memory_services.extraction.extractors.local.predicates import Predicate, Tense
from agent_memory_services.extraction.extractors.local.references import References, resolved
from agent_memory_services.extraction.extractors.local.rendering import written
from agent_memory_services.extraction.extractors.local.rules import Company, Rule, Said
from agent_memory_services.extraction.extractors.local.speech import QUOTED
from agent_memory_services.extraction.extractors.local.subjects import About, Subject, find
from agent_memory_services.extraction.extractors.local.verb_groups import predicate
from agent_memory_services.extraction.extractors.local.wording import trimmed

_PAST_READING = re.compile(r"\b(?:yesterday|last|ago|recently|already|in \d{4})\b", re.IGNORECASE)
_SOMETHING_READ = re.compile(r'^(?:(?:the|a|an|my) |"|[A-Z])')


@dataclass(frozen=True, slots=True)
class Scene:
    """Context in which a clause is read.

    Attributes:
        voice: Who speaks to whom.
        company: Who talks in this conversation.
        said: When, in the speaker's time zone.
        references: Whom and what pronouns may mean.
        pack: The rules.
    """

    voice: Voice
    company: Company
    said: datetime
    references: References
    pack: Pack


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact in the third person.

    Attributes:
        text: The statement.
        rule: The rule that found it.
        subject: Whom it is about.
        predicate: What is said, as it was parsed.
        when: When the event is; None where no time is told.
        groups: What the named groups of the rule's pattern caught.
    """

    text: str
    rule: Rule
    subject: Subject
    predicate: Predicate
    when: EventTime | None
    groups: dict[str, str]


def statements(clause: Clause, scene: Scene) -> Iterator[Statement]:
    """Yield the facts of one clause; a chain of verbs with one subject may hold several."""
    if QUOTED in clause.text or is_doubtful(clause.text):
        return
    found = find(with_subject(clause.text, scene.company), scene.voice, scene.references)
    if found is None:
        return
    for link in links(found.predicate):
        parsed = _parsed(link, clause.lead)
        if parsed is None:
            continue
        rest = trimmed(after_object(clause.lead, parsed.rest), scene.voice.listener)
        statement = _statement(found.subject, replace(parsed, rest=rest), scene)
        if statement is not None:
            yield statement


def _parsed(text: str, lead: str) -> Predicate | None:
    parsed = predicate(before_verb(lead, text))
    if parsed is None or parsed.tense is Tense.MAY:
        return None
    return replace(parsed, tense=Tense.PAST) if _was_read(parsed, lead) else parsed


def _was_read(parsed: Predicate, lead: str) -> bool:
    """Return true if "I read" is in the past; only its context tells, not its form."""
    if parsed.words[-1].lower() != "read" or parsed.tense is not Tense.PRESENT:
        return False
    if _PAST_READING.search(f"{lead} {parsed.rest}"):
        return True
    return not lead and _SOMETHING_READ.match(parsed.rest) is not None


def _statement(subject: Subject, parsed: Predicate, scene: Scene) -> Statement | None:
    meant = _meant(subject, parsed.rest, scene)
    past = parsed.tense.past
    dates = ground(parsed.rest if meant is None else meant, scene.said, past=past)
    said = Said(
        subject=subject,
        predicate=parsed,
        rest=dates.text,
        dated=dates.nearest is not None,
        upcoming=_upcoming(dates.nearest, scene.said, past=past),
        habitual=_habitual(parsed, dates.text, scene.pack),
        content=_has_content(parsed.rest if meant is None else meant, subject),
        company=scene.company,
    )
    rule = scene.pack.rule(said)
    if rule is None or meant is None:
        return None
    text = written(said, rule, scene.voice)
    if text is None:
        return None
    when = None if rule.recurring else dates.when
    return Statement(text, rule, subject, parsed, when, rule.groups(said.rest))


def _meant(subject: Subject, rest: str, scene: Scene) -> str | None:
    """Resolve the references of an object, then note what it adds to them."""
    meant = resolved(rest, scene.references)
    scene.references.next_clause()
    if subject.about is About.SELF:
        note_mentions(rest, scene.voice.speaker, scene.references)
    scene.references.note(rest)
    return meant


def _upcoming(when: EventTime | None, said: datetime, *, past: bool) -> bool:
    """Return true if a date is still to come; a running month or year counts, seen forwards."""
    if when is None:
        return False
    running = when.precision not in {Precision.DAY, Precision.INSTANT} and not past
    return running or when.start.date() >= said.date()


def _habitual(parsed: Predicate, rest: str, pack: Pack) -> bool:
    often = any(word.lower() in words("frequencies") for word in parsed.words)
    return often or pack.often.search(rest) is not None


def _has_content(rest: str, subject: Subject) -> bool:
    """Return true if a rest holds content; of "my exam" the time alone is content."""
    if subject.about is not About.SELF:
        return bool(rest)
    said = re.findall(r"[\w'+#./-]+", DATE_PHRASE.sub("", rest).lower())
    return any(word not in words("empty") for word in said)
