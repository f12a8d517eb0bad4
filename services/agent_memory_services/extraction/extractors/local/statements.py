"""Reads one clause as a statement in the third person."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from agent_memory_services.extraction.extractors.base import EventTime, Precision
from agent_memory_services.extraction.extractors.local.chains import agreeing_chain, links
from agent_memory_services.extraction.extractors.local.clauses import Clause
from agent_memory_services.extraction.extractors.local.dates import ground
from agent_memory_services.extraction.extractors.local.ellipsis import with_subject
from agent_memory_services.extraction.extractors.local.patterns import (
    Company,
    Pack,
    Rule,
    Said,
)
from agent_memory_services.extraction.extractors.local.person import (
    Voice,
    about_another,
    about_self,
    about_thing,
    speaks_to_listener,
)
from agent_memory_services.extraction.extractors.local.predicates import (
    FREQUENCIES,
    Predicate,
    Tense,
    predicate,
)
from agent_memory_services.extraction.extractors.local.references import References, resolved
from agent_memory_services.extraction.extractors.local.speech import QUOTED
from agent_memory_services.extraction.extractors.local.subjects import (
    About,
    Found,
    Subject,
    find,
    mention_relations,
)
from agent_memory_services.extraction.extractors.local.wording import trimmed

_DOUBT: Final = re.compile(
    r"\b(?:if|whether|unless|maybe|perhaps|possibly|supposedly|hypothetically|imagine|pretend)\b",
    re.IGNORECASE,
)
_PAST_READING = re.compile(r"\b(?:yesterday|last|ago|recently|already|in \d{4})\b", re.IGNORECASE)
_NOUN_READ = re.compile(r'^(?:(?:the|a|an|my) |"|[A-Z])')
_ADVERB_LEAD = re.compile(
    r"(?:recently|lately|currently|usually|sometimes|often|finally|occasionally|eventually"
    r"|originally|mostly|normally|typically|also|later|afterwards)$",
    re.IGNORECASE,
)
_IDLE_LEAD = re.compile(
    r"^(?:since (?:we|I) last|as (?:I|we) |when (?:I|we) last|once|then|now|so far|also|before that"
    r"|after that|since then|as well as|for (?:future )?(?:reference|context|the record|what it))\b", re.IGNORECASE
)  # fmt: skip
_TITLE_ARTICLE = re.compile(r"\bas an? (?=[A-Z])")
_USING = re.compile(r"^using (?=\w)")
_BEFORE_STOP = re.compile(r"\s+([,.;:])")
_MOST_WORDS = 45


@dataclass(frozen=True, slots=True)
class Scene:
    """What a clause is read against.

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
        when: When the event is; None where no time is told.
        groups: What the named groups of the rule's pattern caught.
    """

    text: str
    rule: Rule
    subject: Subject
    when: EventTime | None
    groups: dict[str, str]


def statements(clause: Clause, scene: Scene) -> Iterator[Statement]:
    """Yield the facts of one clause; a chain of verbs with one subject may hold several."""
    if QUOTED in clause.text or _DOUBT.search(clause.text):
        return
    text = with_subject(clause.text, scene.company)
    found = find(text, scene.voice, scene.references)
    if found is None:
        return
    for link in links(found.predicate):
        statement = _statement(Found(found.subject, link), clause.lead, scene)
        if statement is not None:
            yield statement


def _statement(found: Found, lead: str, scene: Scene) -> Statement | None:
    parsed = _parsed(found.predicate, lead)
    if parsed is None:
        return None
    raw = trimmed(_with_lead(parsed.rest, lead), scene.voice.listener)
    parsed = replace(parsed, rest=raw)
    meant = resolved(raw, scene.references)
    scene.references.next_clause()
    if found.subject.about is About.SELF:
        mention_relations(raw, scene.voice, scene.references)
    scene.references.note(raw)
    tense = parsed.tense
    dates = ground(meant if meant is not None else raw, scene.said, past=tense.past)
    said = Said(
        subject=found.subject,
        predicate=parsed,
        rest=dates.text,
        dated=dates.nearest is not None,
        upcoming=_upcoming(dates.nearest, scene.said, past=tense.past),
        habitual=_habitual(parsed, dates.text, scene.pack),
        company=scene.company,
    )
    rule = scene.pack.rule(said)
    if rule is None or meant is None:
        return None
    if not rule.dates:
        said, dates = replace(said, rest=meant), replace(dates, when=None)
    text = _written(said, rule, scene.voice)
    if text is None:
        return None
    return Statement(text, rule, found.subject, dates.when, rule.groups(said.rest))


def _upcoming(when: EventTime | None, said: datetime, *, past: bool) -> bool:
    """Whether a date is still to come; a running month or year counts, seen forwards."""
    if when is None:
        return False
    running = when.precision not in {Precision.DAY, Precision.INSTANT} and not past
    return running or when.start.date() >= said.date()


def _written(said: Said, rule: Rule, voice: Voice) -> str | None:
    """Write a statement out; None when it would not stand on its own."""
    subject, parsed = said.subject, said.predicate
    if rule.text:
        return rule.text.format(subject=subject.name, **rule.groups(said.rest))
    rest = said.rest
    if speaks_to_listener(rest) and not voice.listener:
        if not rule.listener:
            return None
        voice = replace(voice, listener="the assistant")
    if subject.about is About.SELF and not subject.plural and parsed.tense is Tense.PRESENT:
        rest = agreeing_chain(rest)
    rest = _in_third_person(rest, subject, voice)
    rest = _TITLE_ARTICLE.sub("as ", _USING.sub("", rest) if parsed.lemma == "prefer" else rest)
    words = " ".join(f"{subject.name} {_verb_group(subject, parsed)} {rest}".split())
    text = _BEFORE_STOP.sub(r"\1", words)
    return text if len(text.split()) <= _MOST_WORDS else _shortened(text)


def _in_third_person(rest: str, subject: Subject, voice: Voice) -> str:
    match subject.about:
        case About.SELF:
            return about_self(rest, voice)
        case About.KIN:
            return about_another(rest, voice)
        case _:
            return about_thing(rest, voice, named=subject.about is About.OWN)


def _verb_group(subject: Subject, parsed: Predicate) -> str:
    if subject.plural:
        return parsed.plural()
    return parsed.agreeing() if subject.about is About.SELF else " ".join(parsed.words)


def _shortened(text: str) -> str:
    words = text.split()[:_MOST_WORDS]
    cut = " ".join(words)
    return trimmed(cut[: cut.rfind(",")] if "," in cut else cut)


def _parsed(text: str, lead: str) -> Predicate | None:
    adverb = _ADVERB_LEAD.match(lead)
    parsed = predicate(f"{adverb[0].lower()} {text}" if adverb else text)
    if parsed is None or parsed.tense is Tense.MAY:
        return None
    if parsed.lemma == "read" and parsed.tense is Tense.PRESENT and parsed.words[-1] == "read":
        if _PAST_READING.search(f"{lead} {parsed.rest}") or (_NOUN_READ.match(parsed.rest) and not lead):
            return replace(parsed, tense=Tense.PAST)
    return parsed


def _with_lead(rest: str, lead: str) -> str:
    if not lead or _ADVERB_LEAD.match(lead) or _IDLE_LEAD.match(lead):
        return rest
    return f"{trimmed(rest)} {lead[:1].lower()}{lead[1:]}" if rest else f"{lead[:1].lower()}{lead[1:]}"


def _habitual(parsed: Predicate, rest: str, pack: Pack) -> bool:
    return any(word.lower() in FREQUENCIES for word in parsed.words) or bool(pack.often.search(rest))
