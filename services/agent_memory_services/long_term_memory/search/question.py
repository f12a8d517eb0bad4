"""The question of a search, and its words beside those of a candidate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from agent_memory_services.language.en.words import STOP_WORDS, stem
from agent_memory_services.long_term_memory.domain import fields, terms
from agent_memory_services.long_term_memory.domain.columns import (
    Floats,
    Readable,
    Table,
    table_of,
)
from agent_memory_services.long_term_memory.domain.terms import Term, key_of
from agent_memory_services.long_term_memory.search.scores import Occurrences, dampings

_PHRASE: Final = re.compile(r'"([^"]*)"')
_FIELDS: Final = {False: (fields.TEXT,), True: (fields.TEXT, fields.CONTEXT)}


@dataclass(frozen=True, slots=True)
class Question:
    """A text as words to look for.

    Attributes:
        phrases: words that must occur next to each other, for each pair of double quotes.
        terms: the other words, of which any may occur, in any of their spellings.
    """

    phrases: tuple[tuple[str, ...], ...]
    terms: tuple[Term, ...]

    @property
    def empty(self) -> bool:
        """True if there is nothing to look for."""
        return not self.phrases and not self.terms

    @property
    def words(self) -> tuple[Term, ...]:
        """Every word that is looked for."""
        words = {word.text: word for word in chain(map(Term, chain(*self.phrases)), self.terms)}
        return tuple(words.values())

    @property
    def loose(self) -> "Question":
        """The same without phrases, unless it consists of them.

        Who asks about "Little Women" in a sentence names it, and wants what was said of it in
        whatever words.
        """
        return Question((), self.words) if self.terms else self

    def must(self, *, around: bool = False) -> str:
        """Return the phrases in the engine's words; empty where there are none.

        Args:
            around: whether they may also stand in the words around a memory.
        """
        return " ".join(_phrase(phrase, _FIELDS[around]) for phrase in self.phrases)

    def should(self, *, around: bool = False) -> str:
        """Return the terms in the engine's words; empty where there are none."""
        if not self.terms:
            return ""
        forms = dict.fromkeys(form for term in self.terms for form in (term.text, *term.spellings))
        return f"@{'|'.join(_FIELDS[around])}:({'|'.join(forms)})"

    def match(self, *, around: bool = False) -> str:
        """Phrases that must occur, and terms: any of them, or for the rank alone beside phrases."""
        must, should = self.must(around=around), self.should(around=around)
        return f"{must} ~{should}" if must and should else must or should


LONGEST: Final = 2000
"""Characters of a text that is looked for as a whole."""
_END: Final = 1000
# In the marks of Latin, Arabic and Chinese.
_SENTENCES: Final = re.compile(r"(?<=[.!?\u061f])\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_ASKING: Final = ("?", "\u061f", "\uff1f")
_CLOSING: Final = "\"')]\u201d\u00bb\u300d "


def gist(text: str) -> str:
    """Return what a text asks, which may be a page that was pasted into a prompt.

    Whoever pastes a page says what they want of it before it or behind it. Quotes in it bind
    nothing.
    """
    text = text.strip()
    if len(text) <= LONGEST:
        return text
    ends = f"{text[:_END]}\n{text[-_END:]}".replace('"', " ")
    sentences = (sentence.strip() for sentence in _SENTENCES.split(ends))
    asked = (each for each in sentences if each.rstrip(_CLOSING).endswith(_ASKING))
    return " ".join(dict.fromkeys(each for each in asked if any(map(str.isalnum, each)))) or ends


def question_of(text: str, *, max_words: int) -> Question:
    """Read a text. A quote without a partner means nothing.

    Args:
        text: the question.
        max_words: how many distinct terms to keep.
    """
    quoted = (
        tuple(word.text for word in terms.words_of(found).words) for found in _PHRASE.findall(text)
    )
    rest = terms.asked(_PHRASE.sub(" ", text))
    telling = [word for word in rest if word.text not in STOP_WORDS]
    # "Who is it?" is made of nothing else, and they are better than no words at all.
    return Question(
        tuple(dict.fromkeys(filter(None, quoted))), tuple((telling or rest)[:max_words])
    )


def _phrase(phrase: tuple[str, ...], names: Sequence[str]) -> str:
    # Each field alone: the end of one and the start of the other are no phrase.
    text = " ".join(phrase)
    return "(" + "|".join(f'(@{field}:"{text}")' for field in names) + ")"


_OTHERWISE: Final = 0.5
"""Times that a word occurs where it is written in another way, or is a part of another word."""


class Wording:
    """Occurrences of the words of a question, in any of their forms.

    Attributes:
        text: in the memories' texts.
        around: in the texts and the words around them, taken together.
    """

    def __init__(self, asked: Sequence[Term], memories: Readable) -> None:
        """Count the words that are asked for in memories."""
        sought, table = _Sought(asked), table_of(memories)
        text = sought.occurrences(table, 0)
        has_context = table.once("has context", _has_context)
        around = text + sought.occurrences(table, 1) if has_context else text
        # A pair of characters that nobody has stands between two words more often than for one.
        known = around.any(axis=1) | ~sought.pairs
        if not known.all():
            text, around = text[known], around[known]
        self.text = Occurrences(text, *table.once("lengths", _lengths))
        self.around = self.text
        if has_context:
            self.around = Occurrences(around, *table.once("lengths around", _lengths_around))


def _has_context(table: Table) -> bool:
    return bool(table.numbers("context_words").any())


def _lengths(table: Table) -> tuple[Floats, Floats]:
    lengths = table.numbers("text_words").astype(float)
    return lengths, dampings(lengths)


def _lengths_around(table: Table) -> tuple[Floats, Floats]:
    lengths = table.numbers("text_words").astype(float) + table.numbers("context_words")
    return lengths, dampings(lengths)


class _Sought:
    """The words of a question, by the keys of their stems and of those of their spellings.

    Attributes:
        pairs: for each word, whether it is a pair of characters.
    """

    def __init__(self, asked: Sequence[Term]) -> None:
        self._rows: dict[int, int] = {}
        spellings: dict[int, set[int]] = {}
        for word in asked:
            row = self._rows.setdefault(_key(word.text), len(self._rows))
            for spelling in map(_key, word.spellings):
                spellings.setdefault(spelling, set()).add(row)
        pairs = {_key(word.text) for word in asked if word.parts}
        self.pairs = np.array([form in pairs for form in self._rows], dtype=bool)
        self._forms = {form: {row} for form, row in self._rows.items()}
        for form, rows in spellings.items():
            self._forms[form] = self._forms.get(form, set()) | rows
        met = [(form, row) for form, rows in self._forms.items() for row in rows]
        shares = [1.0 if self._rows.get(form) == row else _OTHERWISE for form, row in met]
        self._met = np.array([form for form, _ in met], dtype=np.uint32)
        self._rows_met = np.array([row for _, row in met], dtype=np.intp)
        self._shares = np.array(shares)
        self._keys = np.fromiter(self._forms, dtype=np.uint32, count=len(self._forms))

    def occurrences(self, table: Table, field: int) -> Floats:
        """Count the words in texts (0) or in the words around them (1); shape (words, texts)."""
        shape = (len(self._rows), len(table))
        which, owners, times = table.find(table.columns.words[field], self._met)
        cells = self._rows_met[which] * len(table) + owners
        worth = self._shares[which] * times
        counted = np.bincount(cells, worth, shape[0] * shape[1])
        # Of nothing it makes whole numbers.
        counts: Floats = counted.astype(np.float64, copy=False).reshape(shape)
        for owner, row in self._written_otherwise(table, field):
            counts[row, owner] += _OTHERWISE
        return counts

    def _written_otherwise(self, table: Table, field: int) -> list[tuple[int, int]]:
        """Return the texts that have a word in another form only, each with the word."""
        which, owners, stands_for = table.find(table.columns.others[field], self._keys)
        if not len(which):
            return []
        keys = self._keys[which]
        met = zip(keys.tolist(), owners.tolist(), stands_for.tolist(), strict=True)
        places = {
            (owner, word, row)
            for form, owner, word in met
            for row in self._forms[form] - self._forms.get(word, set())
        }
        return [(owner, row) for owner, _, row in sorted(places)]


def _key(word: str) -> int:
    return key_of(stem(word))
