"""Pattern packs: data that says which clauses are facts, compiled once."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from agent_memory_services.extraction.extractors.local.grammar import english
from agent_memory_services.extraction.extractors.local.predicates import Predicate, Tense
from agent_memory_services.extraction.extractors.local.subjects import About, Subject

ANY_VERB: Final = "*"
_REAL: Final = frozenset(
    {
        Tense.PRESENT,
        Tense.PAST,
        Tense.PERFECT,
        Tense.PROGRESSIVE,
        Tense.PAST_PROGRESSIVE,
        Tense.USED_TO,
        Tense.FUTURE,
    }
)
_LIMITS: Final = frozenset("not never rarely seldom hardly barely only no".split())


class Family(StrEnum):
    """What sort of fact a rule finds."""

    NAME = "name"
    PROFILE = "profile"
    RELATION = "relation"
    POSSESSION = "possession"
    PREFERENCE = "preference"
    INSTRUCTION = "instruction"
    PLAN = "plan"
    COMMITMENT = "commitment"
    EVENT = "event"
    EXPERIENCE = "experience"
    HABIT = "habit"
    STATEMENT = "statement"


class Company(StrEnum):
    """Who talks in a conversation."""

    ASSISTANT = "assistant"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Said:
    """A clause as rules see it.

    Attributes:
        subject: Whom it is about.
        predicate: Its verb group, with the rest as it was said.
        rest: The rest with references and dates written out.
        dated: Whether it tells when.
        upcoming: Whether that is still to come.
        habitual: Whether it tells how often.
        company: Who talks.
    """

    subject: Subject
    predicate: Predicate
    rest: str
    dated: bool
    upcoming: bool
    habitual: bool
    company: Company


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a pack; `data/patterns_en.toml` describes the fields."""

    name: str
    family: Family | None
    about: frozenset[About]
    verbs: frozenset[str]
    tenses: frozenset[Tense]
    rest: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    noun_or_rest: re.Pattern[str] | None
    nouns: re.Pattern[str] | None
    nouns_unless: re.Pattern[str] | None
    negated: bool | None
    company: Company | None
    dated: bool
    upcoming: bool
    habitual: bool
    limited: bool
    bare: bool
    dates: bool
    listener: bool
    expires: bool
    standing: bool
    slot: str
    topics: tuple[str, ...]
    text: str

    @property
    def refuses(self) -> bool:
        """Whether a match ends the search with nothing."""
        return self.family is None

    def fits(self, said: Said) -> bool:
        """Whether the rule decides about this clause."""
        return (
            self._fits_form(said)
            and self._fits_circumstances(said)
            and self._fits_words(said.subject, said.predicate.rest if self.refuses else said.rest)
        )

    def groups(self, rest: str) -> dict[str, str]:
        """Return what the named groups of `rest` caught."""
        match = self.rest.match(rest) if self.rest else None
        return match.groupdict() if match else {}

    def _fits_form(self, said: Said) -> bool:
        predicate = said.predicate
        return (
            said.subject.about in self.about
            and predicate.tense in self.tenses
            and (self.negated is None or predicate.negated is self.negated)
            and (self.company is None or said.company is self.company)
        )

    def _fits_circumstances(self, said: Said) -> bool:
        words = {word.lower() for word in said.predicate.words}
        return (
            (said.dated or not self.dated)
            and (said.upcoming or not self.upcoming)
            and (not self.limited or said.predicate.negated or bool(words & _LIMITS))
            and (said.habitual or not self.habitual)
            and (self.refuses or self.bare or _has_content(said.rest))
        )

    def _fits_words(self, subject: Subject, rest: str) -> bool:
        if self.nouns and not self.nouns.fullmatch(subject.noun):
            return False
        if self.nouns_unless and self.nouns_unless.fullmatch(subject.noun):
            return False
        if self.noun_or_rest and not self.noun_or_rest.search(f"{subject.noun} {rest}"):
            return False
        if self.rest and not self.rest.match(rest):
            return False
        return not (self.unless and self.unless.search(rest))


@dataclass(frozen=True, slots=True)
class Instruction:
    """A sentence form that tells the assistant how to behave from now on."""

    name: str
    pattern: re.Pattern[str]
    text: str
    slot: str


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of a language.

    Attributes:
        by_verb: For every base form, the rules that know it, in order.
        any_verb: The rules for verbs no rule names.
        often: Finds how often something happens.
        instructions: The sentence forms of standing instructions, in order.
    """

    by_verb: dict[str, tuple[Rule, ...]]
    any_verb: tuple[Rule, ...]
    often: re.Pattern[str]
    instructions: tuple[Instruction, ...]

    def rule(self, said: Said) -> Rule | None:
        """Return the rule that decides about a clause; None when it holds no fact."""
        for rule in self.by_verb.get(said.predicate.lemma, self.any_verb):
            if rule.fits(said):
                return None if rule.refuses else rule
        return None


def pack(*extensions: Path) -> Pack:
    """Return the built-in English pack, with the rules of `extensions` tried before it.

    Raises:
        ValueError: a pack holds an unknown key or a pattern that does not compile.
    """
    return _pack(extensions)


@cache
def _pack(extensions: Sequence[Path]) -> Pack:
    built_in = files(__package__).joinpath("data", "patterns_en.toml").read_text(encoding="utf-8")
    base = tomllib.loads(built_in)
    tables = [*(tomllib.loads(path.read_text(encoding="utf-8")) for path in extensions), base]
    grammar = english()
    macros = {
        "demonym": "|".join(sorted(grammar.demonyms)),
        "never_names": rf"^(?:{'|'.join(sorted(grammar.never_names | grammar.demonyms))})\b",
    }
    for table in reversed(tables):
        macros |= table.get("macros", {})
    rules = [_rule(entry, macros) for table in tables for entry in table.get("rule", ())]
    instructions = tuple(
        Instruction(
            name=entry["name"],
            pattern=_compiled(entry["pattern"], macros),
            text=entry["text"],
            slot=entry.get("slot", ""),
        )
        for table in tables
        for entry in table.get("instruction", ())
    )
    return _indexed(rules, _compiled(macros["often"], macros), instructions)


def _indexed(
    rules: Sequence[Rule], often: re.Pattern[str], instructions: tuple[Instruction, ...]
) -> Pack:
    by_verb: dict[str, list[Rule]] = defaultdict(list)
    verbs = {verb for rule in rules for verb in rule.verbs} - {ANY_VERB}
    for rule in rules:
        for verb in verbs if ANY_VERB in rule.verbs else rule.verbs:
            by_verb[verb].append(rule)
    return Pack(
        by_verb={verb: tuple(known) for verb, known in by_verb.items()},
        any_verb=tuple(rule for rule in rules if ANY_VERB in rule.verbs),
        often=often,
        instructions=instructions,
    )


_KEYS: Final = frozenset(
    """name family about verbs tenses rest unless noun_or_rest nouns nouns_unless negated in_chats_of
    dated upcoming habitual limited bare dates listener expires standing slot topics text refuse""".split()
)


def _rule(entry: dict[str, Any], macros: dict[str, str]) -> Rule:
    unknown = entry.keys() - _KEYS
    if unknown:
        raise ValueError(f"rule {entry.get('name')!r} has unknown keys: {sorted(unknown)}")
    family = None if entry.get("refuse") else Family(entry["family"])
    company = entry.get("in_chats_of")

    def pattern(key: str) -> re.Pattern[str] | None:
        return _compiled(entry[key], macros) if key in entry else None

    return Rule(
        name=entry["name"],
        family=family,
        about=frozenset(map(About, entry.get("about", ["self"]))),
        verbs=frozenset(entry["verbs"].split()),
        tenses=frozenset(map(Tense, entry.get("tenses", _REAL if family else Tense))),
        rest=pattern("rest"),
        unless=pattern("unless"),
        noun_or_rest=pattern("noun_or_rest"),
        nouns=pattern("nouns"),
        nouns_unless=pattern("nouns_unless"),
        negated=entry.get("negated"),
        company=Company(company) if company else None,
        dated=entry.get("dated", False),
        upcoming=entry.get("upcoming", False),
        habitual=entry.get("habitual", False),
        limited=entry.get("limited", False),
        bare=entry.get("bare", False),
        dates=entry.get("dates", True),
        listener=entry.get("listener", False),
        expires=entry.get("expires", False),
        standing=entry.get("standing", family is Family.PREFERENCE),
        slot=entry.get("slot", ""),
        topics=tuple(entry.get("topics", ())),
        text=entry.get("text", ""),
    )


def _compiled(pattern: str, macros: dict[str, str]) -> re.Pattern[str]:
    expanded = re.sub(r"@(\w+)@", lambda match: macros[match[1]], pattern)
    # Macros may name one another once.
    expanded = re.sub(r"@(\w+)@", lambda match: macros[match[1]], expanded)
    try:
        return re.compile(expanded, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"pattern does not compile: {error}: {pattern}") from error


def _has_content(rest: str) -> bool:
    empty = english().empty
    return any(word not in empty for word in re.findall(r"[\w'+#.-]+", rest.lower()))
