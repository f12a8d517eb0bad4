"""Inflection of English verbs: from a form to its base, and from a base to the third person."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from agent_memory_services.extraction.extractors.local.grammar import irregular_verbs, words

_VOWELS = "aeiou"
_THIRD_PERSON = {
    "am": "is",
    "are": "is",
    "be": "is",
    "were": "was",
    "have": "has",
    "do": "does",
    "go": "goes",
}
_MIN_STEM = 3


class Form(StrEnum):
    """Inflected forms of a verb."""

    BASE = "base"
    THIRD = "third"
    PAST = "past"
    PARTICIPLE = "participle"
    ING = "ing"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb form: its base and every way the form can be read."""

    base: str
    forms: frozenset[Form]


def third_person(word: str) -> str:
    """Return the third person singular of a finite verb in the first person or the base form."""
    lower = word.lower()
    if lower in words("finite") - _THIRD_PERSON.keys():
        return word
    if lower in _THIRD_PERSON:
        return _THIRD_PERSON[lower]
    if lower.endswith(("s", "x", "z", "ch", "sh", "o")):
        return word + "es"
    if lower.endswith("y") and lower[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def verb(word: str) -> Verb | None:
    """Look a known verb form up; None when no verb of the lexicon has this form."""
    return _forms().get(word.lower())


def reads_as(word: str, *forms: Form) -> bool:
    """Return true if a word can be one of these forms of a known verb or, by its ending, of any."""
    known = verb(word)
    if known is not None:
        return bool(known.forms & set(forms))
    guess = guessed(word)
    return bool(guess.forms & set(forms))


def guessed(word: str) -> Verb:
    """Read a form that no list holds by its ending alone."""
    lower = word.lower()
    if lower.endswith("ed") and len(lower) > _MIN_STEM + 1:
        return Verb(lower.removesuffix("ed"), frozenset({Form.PAST, Form.PARTICIPLE}))
    if lower.endswith("ing") and len(lower) > _MIN_STEM + 2:
        return Verb(lower.removesuffix("ing"), frozenset({Form.ING}))
    return Verb(lower, frozenset({Form.BASE}))


@cache
def _forms() -> dict[str, Verb]:
    readings: dict[str, tuple[str, set[Form]]] = {}

    def add(word: str, base: str, form: Form) -> None:
        known, forms = readings.setdefault(word, (base, set()))
        if known == base:
            forms.add(form)

    for base, past, participle in irregular_verbs():
        add(base, base, Form.BASE)
        add(past, base, Form.PAST)
        add(participle, base, Form.PARTICIPLE)
        add(third_person(base), base, Form.THIRD)
        add(_with_ending(base, "ing"), base, Form.ING)
    for base in sorted(words("regular")):
        add(base, base, Form.BASE)
        add(third_person(base), base, Form.THIRD)
        add(_with_ending(base, "ed"), base, Form.PAST)
        add(_with_ending(base, "ed"), base, Form.PARTICIPLE)
        add(_with_ending(base, "ing"), base, Form.ING)
    for form in ("am", "are", "is"):
        add(form, "be", Form.THIRD)
    add("were", "be", Form.PAST)
    add("got", "get", Form.PARTICIPLE)
    return {word: Verb(base, frozenset(forms)) for word, (base, forms) in readings.items()}


def _with_ending(base: str, ending: str) -> str:
    if base in {"be", "see", "agree", "dye"} and ending == "ing":
        return base + ending
    if base in {"die", "lie", "tie"} and ending == "ing":
        return base[:-2] + "ying"
    if base.endswith("e"):
        return base + "d" if ending == "ed" else base[:-1] + "ing"
    if base.endswith("y") and base[-2] not in _VOWELS and ending == "ed":
        return base[:-1] + "ied"
    return (base + base[-1] if _doubles(base) else base) + ending


def _doubles(base: str) -> bool:
    if base in words("doubling"):
        return True
    if len(base) < _MIN_STEM or sum(letter in _VOWELS for letter in base) != 1:
        return False
    return base[-1] not in "wxyaeiou" and base[-2] in _VOWELS and base[-3] not in _VOWELS
