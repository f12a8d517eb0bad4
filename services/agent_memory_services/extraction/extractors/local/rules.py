"""Rules that decide if a clause is a fact, and which one."""

import re
from dataclasses import dataclass
from enum import StrEnum

from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.predicates import Predicate, Tense
from agent_memory_services.extraction.extractors.local.subjects import About, Subject


class Family(StrEnum):
    """Kind of fact that a rule finds."""

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
    """Kind of conversation, by its participants."""

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
        content: Whether it tells anything but a time.
        company: Who talks.
    """

    subject: Subject
    predicate: Predicate
    rest: str
    dated: bool
    upcoming: bool
    habitual: bool
    content: bool
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
    recurring: bool
    listener: bool
    expires: bool
    standing: bool
    slot: str
    topics: tuple[str, ...]
    text: str

    @property
    def refuses(self) -> bool:
        """True if a match ends the search without a fact."""
        return self.family is None

    def fits(self, said: Said) -> bool:
        """Return true if the rule applies to this clause."""
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
        group = {word.lower() for word in said.predicate.words}
        return (
            (said.dated or not self.dated)
            and (said.upcoming or not self.upcoming)
            and (not self.limited or said.predicate.negated or bool(group & words("limits")))
            and (said.habitual or not self.habitual)
            and (self.refuses or self.bare or said.content)
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
