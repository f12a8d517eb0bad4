"""A statement as far as its words tell what it says.

The reading is English. In other languages the words stay as they are, so that only statements
with the same words are taken for the same.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.en.words import IRREGULAR, STOP_WORDS, stem
from agent_memory_services.long_term_memory.consolidation.rules import vocabulary
from agent_memory_services.long_term_memory.domain.terms import words

NEGATION: Final = "not"
PAST: Final = "(past)"
SUBJECT: Final = "user"
"""How a statement calls the person it is about; "I" is read as the same."""

# Words; numbers with their sign and parts; separators; and symbols, since C is not C++.
_TOKEN: Final = re.compile(
    r"(?<!\w)[+-]?\d+(?:[.:/-]\d+)*[^\W\d_]*|[^\W_]+(?:[.:/-]\d+)*|[,;]"
    r"|[^\w\s.!?'\"()\[\]\u2010-\u2015\u201c\u201d\u2026-]"
)
_LIKE: Final = vocabulary.SAME[stem("like")]
_TENS: Final = 20
_SHORTEST_PAST: Final = 5


@dataclass(frozen=True, slots=True)
class Word:
    """A word that counts.

    Attributes:
        text: its stem, behind the word that gives it its part, where there is one.
        movable: whether it stands behind a preposition, with which it may change its place.
    """

    text: str
    movable: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """Content of a text, as far as its words tell.

    Attributes:
        words: the words that count, in order; those of a plain enumeration in alphabetical order.
        names: stems of the words that are written like names.
        joins: whether it enumerates.
    """

    words: tuple[Word, ...]
    names: frozenset[str]
    joins: bool

    @property
    def bag(self) -> Counter[str]:
        """Count of each word."""
        return Counter(word.text for word in self.words)

    @property
    def stems(self) -> frozenset[str]:
        """The words without what gives them their part."""
        return frozenset(word.text.rpartition(":")[2].partition("(")[0] for word in self.words)

    @property
    def numbers(self) -> Counter[str]:
        """The numbers it holds."""
        return Counter(
            word.text.rpartition(":")[2]
            for word in self.words
            if any(map(str.isnumeric, word.text))
        )

    @property
    def negations(self) -> int:
        """Number of negations."""
        return sum(word.text == NEGATION for word in self.words)

    @property
    def movable(self) -> tuple[str, ...]:
        """The words that may have another place."""
        return tuple(word.text for word in self.words if word.movable)


@remembered(1024, longest=256)
def read(text: str) -> Statement:
    """Read a text."""
    plain = unicodedata.normalize("NFKC", text)
    terms = _with_numbers(_TOKEN.findall(_reworded(plain.casefold())))
    names = frozenset(_names(plain))
    return Statement(
        words=tuple(_words(terms, names)),
        names=names,
        joins=not vocabulary.JOINING.isdisjoint(terms),
    )


def _reworded(text: str) -> str:
    for pattern, replacement in vocabulary.REWORDED:
        text = pattern.sub(replacement, text)
    return text


def _with_numbers(terms: Sequence[str]) -> list[str]:
    """Written numbers as digits; "twenty five" is one of them."""
    found: list[str] = []
    tens = False
    for term in terms:
        number = vocabulary.NUMBERS.get(term)
        if number is None:
            found.append(vocabulary.ORDINALS.get(term, term))
        elif tens and 0 < number < 10:  # noqa: PLR2004 - the last digit
            found[-1] = str(int(found[-1]) + number)
        else:
            found.append(str(number))
        tens = number is not None and number >= _TENS
    return found


def _words(terms: Sequence[str], names: frozenset[str]) -> Iterator[Word]:
    """Return the words that count; those of an enumeration in alphabetical order."""
    listed: list[Word] = []
    joined, binding, movable = False, "", False
    for at, term in enumerate(terms):
        if term in vocabulary.JOINING:
            joined = True
        elif term in vocabulary.NEUTRAL:
            joined, movable = False, True
        elif _binds(terms, at, names):
            joined, binding, movable = False, f"{term}:", False
        elif not _is_empty(terms, at):
            found = [Word(binding + text, movable) for text in _read_word(terms, at)]
            if not joined or len(found) > 1:
                yield from _ordered(listed)
                listed = []
            listed += found
            joined, binding, movable = False, "", False
    yield from _ordered(listed)


def _ordered(listed: Sequence[Word]) -> Sequence[Word]:
    """Return the members of an enumeration in alphabetical order, unless one of them is denied."""
    if any(word.text in {NEGATION, PAST} for word in listed):
        return listed
    return sorted(listed, key=lambda word: word.text)


def _binds(terms: Sequence[str], at: int, names: frozenset[str]) -> bool:
    """Return true if a word gives the next one its part, as "to" before a name or beside "from"."""
    if terms[at] != "to":
        return terms[at] in vocabulary.BINDING
    following = next((term for term in terms[at + 1 :] if term not in vocabulary.EMPTY), "")
    return "from" in terms or _plain(following) in names


def _is_empty(terms: Sequence[str], at: int) -> bool:
    term = terms[at]
    if term in vocabulary.EMPTY or term == "to":
        return True
    helps = term in {"has", "have"} and at + 1 < len(terms)
    return helps and _is_participle(terms[at + 1])


def _is_participle(term: str) -> bool:
    looks_it = term in IRREGULAR or (term.endswith("ed") and len(term) >= _SHORTEST_PAST)
    return looks_it and term not in vocabulary.NOT_PAST


def _read_word(terms: Sequence[str], at: int) -> Iterator[str]:
    term = terms[at]
    if term in vocabulary.NEGATIONS:
        yield NEGATION
        return
    if term in vocabulary.PAST:
        yield PAST
        if term != "had":
            return
    root = stem(term)
    if root in vocabulary.DISLIKES:
        yield NEGATION
        root = _LIKE
    yield vocabulary.SAME.get(root, root) + _form(terms, at)


def _form(terms: Sequence[str], at: int) -> str:
    """Return the voice and tense of a verb, as far as its form tells: "paid" is not "is paid"."""
    term = terms[at]
    before = [each for each in terms[:at] if each not in vocabulary.EMPTY - vocabulary.AUXILIARIES]
    helper = before[-1] if before else ""
    if term.endswith("ing") and helper in vocabulary.BEING:
        return "(going on)"
    if not at or term == "had" or not _is_participle(term):
        return ""
    if helper in vocabulary.BEING:
        return "(passive)"
    return "(perfect)" if helper in vocabulary.AUXILIARIES else PAST


def _names(text: str) -> Iterator[str]:
    """Words with a capital; the first of a sentence counts unless it is a common one."""
    for term in text.split():
        first = next(filter(str.isalnum, term), "")
        if first.isupper():
            for word in words(term)[:1]:
                if word not in STOP_WORDS and word not in {SUBJECT, "the"}:
                    yield _plain(word)


def _plain(word: str) -> str:
    root = stem(word)
    return vocabulary.SAME.get(root, root)
