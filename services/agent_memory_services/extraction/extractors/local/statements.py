"""Reads one clause as a statement in the third person."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from agent_memory_services.extraction.extractors.base import EventTime
from agent_memory_services.extraction.extractors.local.clauses import Clause
from agent_memory_services.extraction.extractors.local.dates import ground
from agent_memory_services.extraction.extractors.local.grammar import english
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
    speaks_to_listener,
)
from agent_memory_services.extraction.extractors.local.predicates import (
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
from agent_memory_services.extraction.extractors.local.verbs import Form, third_person, verb
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
    r"|after that|since then|as well as)\b", re.IGNORECASE
)  # fmt: skip
_IMPLIED = re.compile(
    r"^(?P<adverbs>(?:(?:just|finally|recently|already|still|always|never|even|actually) )*)"
    r"(?P<verb>\w+)\b"
)
_DROPPED_I: Final = frozenset(
    "went got had took bought met made started joined moved began finished graduated saw".split()
)
_DROPPED_I_PRESENT: Final = frozenset("prefer love hate".split())
_TITLE_ARTICLE = re.compile(r"\bas an? (?=[A-Z])")
_USING = re.compile(r"^(using) (?=\w)")
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
    text = _with_subject(clause.text, scene.company)
    found = find(text, scene.voice, scene.references)
    if found is None:
        return
    for link in _chain(found):
        statement = _statement(link, clause.lead, scene)
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
        dated=dates.when is not None,
        upcoming=dates.when is not None and dates.when.start.date() >= scene.said.date(),
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
        rest = _agreeing_chain(rest)
    rest = (about_self if subject.about is About.SELF else about_another)(rest, voice)
    rest = _TITLE_ARTICLE.sub("as ", _USING.sub("", rest) if parsed.lemma in _LIKING else rest)
    group = parsed.agreeing() if subject.about is About.SELF and not subject.plural else parsed.plural() if subject.plural else " ".join(parsed.words)
    text = re.sub(r"\s+([,.;:])", r"\1", " ".join(f"{subject.name} {group} {rest}".split()))
    return text if len(text.split()) <= _MOST_WORDS else _shortened(text)


_LIKING: Final = frozenset({"prefer"})


def _shortened(text: str) -> str:
    words = text.split()[:_MOST_WORDS]
    cut = " ".join(words)
    return trimmed(cut[: cut.rfind(",")] if "," in cut else cut)


def _with_subject(text: str, company: Company) -> str:
    """Put back the "I" that quick writers leave out ("Just got a puppy")."""
    match = _IMPLIED.match(text[:1].lower() + text[1:])
    if match is None:
        return text
    word, adverbs = match["verb"], match["adverbs"]
    known = verb(word)
    if word in _DROPPED_I or (adverbs and known and Form.PAST in known.forms and Form.BASE not in known.forms):
        return f"I {text[:1].lower()}{text[1:]}"
    if word == "been":
        return f"I have {text[:1].lower()}{text[1:]}"
    if text[:1].lower() + text[1:].split(" ", 1)[0] == "going" and text.lower().startswith("going to "):
        return f"I am {text[:1].lower()}{text[1:]}"
    if word in _DROPPED_I_PRESENT and text[:1].isupper():
        return f"I {text[:1].lower()}{text[1:]}"
    if company is Company.PEOPLE and known and known.forms == {Form.ING}:
        return f"I am {text[:1].lower()}{text[1:]}"
    return text


def _chain(found: Found) -> Iterator[Found]:
    """Cut "live in Berlin and work at Zalando" into what is said of the one subject."""
    text = found.predicate
    name = re.match(r"^(am (?!-)(?-i:[A-Z][a-z]+)), (?=(?:an?|the|\d+)\b)", text)
    if name:
        yield replace(found, predicate=name[1])
        text = f"am {text[name.end() :]}"
    match = _link().search(text)
    while match is not None:
        left, right = text[: match.start()], text[match.end() :]
        parsed = predicate(left)
        if parsed is None or not _continues(parsed, right):
            match = _link().search(text, match.end())
            continue
        yield replace(found, predicate=left)
        text = right if verb(right.split()[0]) or not parsed.lemma == "be" else f"{parsed.words[parsed.finite]} {right}"
        match = _link().search(text)
    yield replace(found, predicate=text)


def _continues(parsed: Predicate, right: str) -> bool:
    word = next((w for w in right.lower().split() if w not in english().kept | english().dropped | {"do", "not"}), "").strip(",.")
    known = verb(word)
    if known is not None and Form.PAST in known.forms and Form.BASE not in known.forms:
        return parsed.tense is Tense.PAST and (word in {"grew", "lived", "worked", "studied"})
    if parsed.tense is not Tense.PRESENT:
        return False
    if parsed.lemma == "be" and _TRAIT_NEXT.match(right):
        return True
    infinitive = re.search(r"\bto\b", parsed.rest) and parsed.lemma in {"like", "love", "want", "prefer", "hate", "have", "need"}
    return word in english().chained and not infinitive and parsed.rest != "" and not _NOUNY.match(right)


_TRAIT_NEXT = re.compile(r"(?:also )?(?:allergic|intolerant|lactose|vegan|vegetarian|diabetic|retired|single|married|from|based|into|fluent|a (?:big|huge) fan|afraid|scared|originally)\b")
_NOUNY = re.compile(r"(?:work|love|study|play|use)s?(?: and\b|[,.]|$| of\b| for\b| is\b)")


def _link() -> re.Pattern[str]:
    return _LINK


_LINK = re.compile(r",? (?:and|but) (?=\w)")


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


_FREQUENCIES: Final = frozenset(
    """usually often always never sometimes rarely seldom occasionally frequently regularly mostly
    mainly normally typically generally""".split()
)


def _habitual(parsed: Predicate, rest: str, pack: Pack) -> bool:
    return any(word.lower() in _FREQUENCIES for word in parsed.words) or bool(pack.often.search(rest))


def _agreeing_chain(rest: str) -> str:
    """Let verbs that follow "and" agree as well ("wakes up at six and goes for a run")."""

    def agree(match: re.Match[str]) -> str:
        return match[1] + third_person(match[2])

    if re.search(r"\bto \w+", rest.split(" and ")[0]) and not re.search(r"\b(?:to (?:the|a|my|work|school|bed|[A-Z]))", rest.split(" and ")[0]):
        return rest
    agreeing = "|".join(sorted(english().agreeing))
    adverbs = "|".join(sorted(english().kept))
    return re.sub(rf"((?: and|, then| but) (?:(?:{adverbs}|then) )*)({agreeing})\b(?! (?:and|of)\b|[,.]|$)", agree, rest)
