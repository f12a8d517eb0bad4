"""Spreads hits over sessions and wordings.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), as a discount: the next hit is the
one with the best score after a share of it is taken off for its likeness to a hit before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.bm25 import Floats
from agent_memory_services.long_term_memory.search.evidence import session_of
from agent_memory_services.long_term_memory.search.scoresheet import Scoresheet
from agent_memory_services.long_term_memory.search.stems import stem
from agent_memory_services.long_term_memory.words import words

_READ: Final = 100
_SAME_SESSION: Final = 0.5


@dataclass(frozen=True, slots=True)
class Diversity:
    """Discounts what is like a better hit, among the first hundred.

    Attributes:
        strength: 0 not at all, to 1: the same words again are worth nothing.
    """

    strength: float

    def apply(self, memories: Sequence[Memory], sheet: Scoresheet) -> None:
        """Take the discounts off the scores."""
        if not memories:
            return
        scores = sheet.scores
        best = np.argsort(-scores, kind="stable")[:_READ]
        compared = self._likeness_to_better(
            scores[best], _likenesses([memories[at] for at in best])
        )
        # What is not compared must not overtake for that.
        likeness = np.full(len(memories), compared.max())
        likeness[best] = compared
        sheet.add("diversity", likeness, -self.strength * likeness * scores)

    def _likeness_to_better(self, scores: Floats, likenesses: Floats) -> Floats:
        """Of each memory, the greatest likeness to one that was chosen before it."""
        found = np.zeros(len(scores))
        left = np.ones(len(scores), dtype=bool)
        for _ in range(len(scores)):
            chosen = int(np.argmax(np.where(left, scores * (1 - self.strength * found), -1.0)))
            left[chosen] = False
            found = np.where(left, np.maximum(found, likenesses[chosen]), found)
        return found


def _likenesses(memories: Sequence[Memory]) -> Floats:
    """Pairs of memories: the share of words in common, at least a half within a session."""
    held = [frozenset(map(stem, words(memory.text))) for memory in memories]
    known = {word: column for column, word in enumerate(frozenset().union(*held))}
    table = np.zeros((len(held), len(known)))
    for row, found in enumerate(held):
        table[row, [known[word] for word in found]] = 1.0
    common = table @ table.T
    sizes = table.sum(axis=1)
    shared = common / np.maximum(1.0, sizes[:, None] + sizes - common)
    sessions = [session_of(memory) or at for at, memory in enumerate(memories)]
    together = np.array([[one == other for other in sessions] for one in sessions])
    likenesses: Floats = np.where(together, np.maximum(shared, _SAME_SESSION), shared)
    return likenesses
