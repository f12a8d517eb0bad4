"""Counts the words of a question in memories."""

from collections.abc import Sequence

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.bm25 import Occurrences
from agent_memory_services.long_term_memory.search.stems import stem
from agent_memory_services.long_term_memory.words import words


class Wording:
    """Where the words of a question occur, in any of their forms.

    Attributes:
        text: in the memories' texts.
        around: in the texts and the words around them, taken together.
    """

    def __init__(self, terms: Sequence[str], memories: Sequence[Memory]) -> None:
        """Count terms, given as `words` gives them, in memories."""
        rows = _Rows(terms)
        self.text = _occurrences(rows, [memory.text for memory in memories])
        beside = _occurrences(rows, [memory.context for memory in memories])
        self.around = Occurrences(
            self.text.counts + beside.counts, self.text.lengths + beside.lengths
        )


class _Rows(dict[str, int | None]):
    """The row of each word that is a form of a term, None for others; filled as they are met."""

    def __init__(self, terms: Sequence[str]) -> None:
        super().__init__()
        self.stems = {form: row for row, form in enumerate(dict.fromkeys(map(stem, terms)))}

    def __missing__(self, word: str) -> int | None:
        self[word] = row = self.stems.get(stem(word))
        return row


def _occurrences(rows: _Rows, texts: Sequence[str]) -> Occurrences:
    counts = np.zeros((len(rows.stems), len(texts)))
    lengths = np.zeros(len(texts))
    for column, text in enumerate(texts):
        found = words(text)
        lengths[column] = len(found)
        for word in found:
            row = rows[word]
            if row is not None:
                counts[row, column] += 1
    return Occurrences(counts, lengths)
