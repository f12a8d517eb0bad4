"""Words by which texts and claims are compared: as they are, by their stems, or by their roots."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.claims import SINCE, Claim
from agent_memory_services.language.en.words import (
    MONTHS,
    NEGATIONS,
    NUMBERS,
    STOP_WORDS,
    stem,
)

PREPOSITIONS: Final = frozenset(
    """
    in on at for to from with of by under over as near outside into about back out up before after
    around behind between call name
    """.split()  # noqa: SIM905 - a list would be a page long
)


_WORD: Final = re.compile(
    r"(?<!\w)[+-]?\d+(?:[.:,/-]\d+)*[^\W\d_]*|[^\W\d_][^\W_]*(?:['.:/-][^\W_]+)*"
    r"|[^\w\s.,;!'\"()\[\]\u2010-\u2015\u201c\u201d\u2026-]"
)
_NO_NAMES: Final = frozenset({"user", "the", "i"})


@remembered(1024, longest=256)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are, without regard to case and punctuation."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'").casefold()
    return tuple(_WORD.findall(plain.rstrip(".! ")))


def names_in(text: str) -> set[str]:
    """Return the words with a capital; the first one counts unless it is a common one."""
    capitals = (word for word in _WORD.findall(text.replace("\u2019", "'")) if word[0].isupper())
    names = {word.casefold().removesuffix("'s") for word in capitals}
    return names - _NO_NAMES - STOP_WORDS


_MARK: Final = re.compile(
    r"[+-]?\d[\w.:,/+-]*|(?<![\w'])[A-Za-z](?![\w']|-\w)[+#*-]*|[+#%&€$£]|\b[A-Z]{2,4}\b"
)


def agree_on_marks(one: str, other: str) -> bool:
    """Return true if two texts hold the same numbers, single letters and signs."""
    return _marks(one) == _marks(other)


def _marks(text: str) -> Counter[str]:
    plain = text.strip().rstrip(".!")
    found = (each.group().strip().rstrip(".,:") for each in _MARK.finditer(plain))
    written = (NUMBERS[word] for word in plain.casefold().split() if word in NUMBERS)
    marks = (each for each in found if each not in {"I", "a"} and _is_mark(each))
    return Counter(map(_unified, chain(marks, written)))


def _is_mark(word: str) -> bool:
    """Return true for a number, a sign, a single letter, and what without capitals is no word."""
    return not word.isalpha() or len(word) == 1 or word.casefold() in STOP_WORDS - {"am"}


def _unified(mark: str) -> str:
    """Return one form of "4th", "1,020" and "9am"."""
    number = re.fullmatch(r"(\d+)(?:st|nd|rd|th)?|(\d+)\s?[ap]\.?m", mark, re.IGNORECASE)
    return mark.replace(",", "") if number is None else number[1] or number[2]


def content(text: str) -> list[str]:
    """Return the stems of the words of a text that say something, denials among them."""
    empty = (STOP_WORDS | PREPOSITIONS) - NEGATIONS
    return [stem(word) for word in words_of(text) if word not in empty]


DAYS: Final = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday today tomorrow am pm noon
    """.split()  # noqa: SIM905
)
DAYTIMES: Final = frozenset({"morning", "afternoon", "evening", "night", "weekend", "weekday"})


def bare(value: str) -> set[str]:
    """Return the words of a value without what only joins them."""
    return {word for word in value.split() if word not in PREPOSITIONS}


def every(claim: Claim) -> set[str]:
    """Return all words of a claim that say something, but for the user."""
    words = (claim.holder.replace("/", " "), claim.relation, claim.value, *claim.limits)
    return bare(" ".join(words)) - {"user"}


def heads(claim: Claim) -> list[str]:
    """Return the last word of each phrase of a value."""
    return list(_segments(claim.value.split()))


def _segments(words: Sequence[str]) -> Iterator[str]:
    last = ""
    for word in words:
        if word in PREPOSITIONS or word == "and":
            if last:
                yield last
            last = ""
        else:
            last = word
    if last:
        yield last


def qualifiers(claim: Claim) -> list[str]:
    """Return the words of a first phrase that qualify "subscription", "account" and the like."""
    words = claim.value.split()
    services = {"subscription", "account", "membership", "ticket", "contract"}
    return [word for word in words if services & set(words) and word not in services]


def digits(words: Iterable[str]) -> set[str]:
    """Return the numbers among some words."""
    return {word for word in words if word[:1].isdigit()}


def times(claim: Claim) -> set[str]:
    """Return the numbers, days and months in a value."""
    words = set(claim.value.split())
    return digits(words) | words & (MONTHS | DAYS)


def moments(claim: Claim) -> set[str]:
    """Return the numbers, days, months and times of day in a value and in its limits."""
    words = {word.rstrip("s") for limit in claim.limits for word in limit.split()}
    return times(claim) | digits(words) | words & (MONTHS | DAYS | DAYTIMES)


def lasting(claim: Claim) -> set[str]:
    """Return the limits within which a claim holds; the day on which it began is none."""
    return {each for each in claim.limits if each.partition(" ")[0] != SINCE}
