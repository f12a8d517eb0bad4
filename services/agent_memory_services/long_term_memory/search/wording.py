"""Counts the words of a question in memories."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.bm25 import Occurrences
from agent_memory_services.long_term_memory.search.stems import stem
from agent_memory_services.long_term_memory.words import words

_REMEMBERED_TEXTS: Final = 1024
_REMEMBERED_CHARACTERS: Final = 2000


class Wording:
    """Where the words of a question occur, in any of their forms.

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
        found = _remembered(text) if len(text) <= _REMEMBERED_CHARACTERS else _stems(text)
        lengths[column] = len(found)
        for row in map(rows.get, found):
            if row is not None:
                counts[row, column] += 1
    return Occurrences(counts, lengths)


def _stems(text: str) -> tuple[str, ...]:
    return tuple(map(stem, words(text)))


_remembered = lru_cache(_REMEMBERED_TEXTS)(_stems)
"""The same for texts that are short enough to keep: questions about one owner read them again."""
