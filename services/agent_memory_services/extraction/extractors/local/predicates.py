"""Predicates of a clause: tense, verb, polarity and the rest."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_memory_services.extraction.extractors.local.verbs import third_person


class Tense(StrEnum):
    """Time and reality of a verb group."""

    PRESENT = "present"
    PAST = "past"
    FUTURE = "future"
    PERFECT = "perfect"
    PROGRESSIVE = "progressive"
    PAST_PROGRESSIVE = "past_progressive"
    USED_TO = "used_to"
    WOULD = "would"
    CAN = "can"
    MAY = "may"
    MUST = "must"

    @property
    def past(self) -> bool:
        """True if dates without a year look back."""
        return self in _PAST


_PAST: Final = frozenset({Tense.PAST, Tense.PERFECT, Tense.PAST_PROGRESSIVE, Tense.USED_TO})


@dataclass(frozen=True, slots=True)
class Predicate:
    """A parsed predicate.

    Attributes:
        words: The verb group as it is to be written, adverbs of emphasis left out.
        finite: Index in `words` of the word that agrees with the subject.
        lemma: Base of the main verb.
        tense: What the group says about time and reality.
        negated: Whether "not" is in the group.
        rest: Everything after the verb group.
    """

    words: tuple[str, ...]
    finite: int
    lemma: str
    tense: Tense
    negated: bool
    rest: str

    def agreeing(self) -> str:
        """Return the verb group in the third person singular."""
        words = list(self.words)
        past = self.tense in {Tense.PAST, Tense.USED_TO}
        if not past or words[self.finite] == "were":
            words[self.finite] = third_person(words[self.finite])
        return " ".join(words)

    def plural(self) -> str:
        """Return the verb group for a plural subject."""
        words = list(self.words)
        words[self.finite] = {"am": "are", "was": "were"}.get(
            words[self.finite], words[self.finite]
        )
        return " ".join(words)
