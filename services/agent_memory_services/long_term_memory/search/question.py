"""The question of a search, and its words beside those of a candidate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.en.words import STOP_WORDS, stem
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.search.scores import Occurrences

_PHRASE: Final = re.compile(r'"([^"]*)"')
_FIELDS: Final = {False: (fields.TEXT,), True: (fields.TEXT, fields.CONTEXT)}


@dataclass(frozen=True, slots=True)
class Question:
    """A text as words to look for.

    Attributes:
        phrases: words that must occur next to each other, for each pair of double quotes.
        terms: the other words, of which any may occur.
    """

    phrases: tuple[tuple[str, ...], ...]
    terms: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """True if there is nothing to look for."""
        return not self.phrases and not self.terms

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that is looked for."""
        return tuple(dict.fromkeys(chain(*self.phrases, self.terms)))

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
        return f"@{'|'.join(_FIELDS[around])}:({'|'.join(self.terms)})"

    def match(self, *, around: bool = False) -> str:
        """Phrases that must occur, and terms: any of them, or for the rank alone beside phrases."""
        must, should = self.must(around=around), self.should(around=around)
        return f"{must} ~{should}" if must and should else must or should


def question_of(text: str, *, max_words: int) -> Question:
    """Read a text. A quote without a partner means nothing.

    Args:
        text: the question.
        max_words: how many distinct terms to keep.
    """
    quoted = (tuple(fields.words(found)) for found in _PHRASE.findall(text))
    rest = fields.words(_PHRASE.sub(" ", text))
    telling = [word for word in rest if word not in STOP_WORDS]
    # "Who is it?" is made of nothing else, and they are better than no words at all.
    terms = tuple(dict.fromkeys(telling or rest))[:max_words]
    return Question(tuple(dict.fromkeys(filter(None, quoted))), terms)


def _phrase(phrase: tuple[str, ...], names: Sequence[str]) -> str:
    # Each field alone: the end of one and the start of the other are no phrase.
    text = " ".join(phrase)
    return "(" + "|".join(f'(@{field}:"{text}")' for field in names) + ")"


_REMEMBERED_TEXTS: Final = 1024
_REMEMBERED_CHARACTERS: Final = 1000


class Wording:
    """Occurrences of the words of a question, in any of their forms.

    Attributes:
        text: in the memories' texts.
        around: in the texts and the words around them, taken together.
    """

    def __init__(self, terms: Sequence[str], memories: Sequence[Memory]) -> None:
        """Count terms, given as `words` gives them, in memories."""
        rows = {form: row for row, form in enumerate(dict.fromkeys(map(stem, terms)))}
        self.text = _occurrences(rows, [memory.text for memory in memories])
        beside = _occurrences(rows, [memory.context for memory in memories])
        self.around = Occurrences(
            self.text.counts + beside.counts, self.text.lengths + beside.lengths
        )


def _occurrences(rows: dict[str, int], texts: Sequence[str]) -> Occurrences:
    counts = np.zeros((len(rows), len(texts)))
    lengths = np.zeros(len(texts))
    for column, text in enumerate(texts):
        found = _stems(text)
        lengths[column] = len(found)
        for row in map(rows.get, found):
            if row is not None:
                counts[row, column] += 1
    return Occurrences(counts, lengths)


# Questions about one owner read the same texts again.
@remembered(_REMEMBERED_TEXTS, longest=_REMEMBERED_CHARACTERS)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(map(stem, fields.words(text)))
