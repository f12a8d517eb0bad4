"""Likeness of two statements of one owner.

Words decide and vectors confirm. Vectors alone cannot tell: all-MiniLM-L6-v2 puts "User has 3
cats" beside "User has 4 cats" at 0.9, and "likes" beside "does not like".
"""

from enum import StrEnum
from typing import Final

import numpy as np

from agent_memory_services.long_term_memory.consolidation.rules.statement import NEGATION, Statement

REORDERED: Final = 0.80
"""The least cosine of statements with the same words in another order."""
CLOSE: Final = 0.60
"""The least cosine of statements that a model may declare the same."""
NEAR: Final = 0.45
"""The least cosine of statements that a model is asked about."""


class Likeness(StrEnum):
    """Relation between two statements."""

    SAME = "same"
    UNSURE = "unsure"
    """They may say the same, or contradict each other: a model could tell."""
    OTHER = "other"


def likeness(one: Statement, other: Statement, cosine: float, *, one_slot: bool) -> Likeness:
    """Compare two statements.

    Args:
        one: a statement.
        other: another one of the same owner and type.
        cosine: of their texts' vectors.
        one_slot: whether both are values of the same attribute of the same subject.
    """
    if _is_same(one, other, cosine):
        return Likeness.SAME
    return Likeness.UNSURE if one_slot or cosine >= NEAR else Likeness.OTHER


def may_be_same(one: Statement, other: Statement) -> bool:
    """Return true if numbers, negations and names agree, so that they may say the same."""
    return (
        one.numbers == other.numbers
        and one.negations == other.negations
        and one.names <= other.stems
        and other.names <= one.stems
    )


def _is_same(one: Statement, other: Statement, cosine: float) -> bool:
    if not one.words or one.bag != other.bag:
        return False
    return one.words == other.words or (cosine >= REORDERED and _only_moved(one, other))


def _only_moved(one: Statement, other: Statement) -> bool:
    """Return true if the order differs by the place of one phrase alone.

    Otherwise two names could have changed their roles, and a negation or a preposition what it
    belongs to, without any word being another.
    """
    same_order = [word.text for word in one.words] == [word.text for word in other.words]
    if same_order or one.joins or other.joins or NEGATION in one.bag:
        return False
    phrases = {one.movable, other.movable} - {()}
    if len(phrases) != 1 or any(len(phrase) > 1 for phrase in phrases):
        return False
    [(moved,)] = phrases
    return [word.text for word in one.words if word.text != moved] == [
        word.text for word in other.words if word.text != moved
    ]


def cosine(one: bytes, other: bytes, precision: str) -> float:
    """Return the cosine of two vectors, -1 to 1.

    Args:
        one: a vector, as it is stored.
        other: another one.
        precision: the type of their numbers: `float32` or `float16`.
    """
    first, second = (np.frombuffer(each, precision).astype(np.float32) for each in (one, other))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths else 0.0
