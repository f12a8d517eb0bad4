"""What share of the evidence came back, and how fast."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question brought.

    Attributes:
        kind: the class of the question.
        evidence: ids of the turns that answer it.
        found: ids of the turns that came back, best first.
        seconds: how long the answer took.
        counts: whether it counts in the overall result.
    """

    kind: str
    evidence: frozenset[str]
    found: Sequence[str]
    seconds: float
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Recall:
    """Evidence among the first hits; each a mean over questions, 0 to 1.

    Attributes:
        any: questions with at least one turn of their evidence.
        all: questions with every turn of it.
        fraction: the share of a question's evidence.
    """

    any: float
    all: float
    fraction: float


def recall(outcomes: Sequence[Outcome], depth: int) -> Recall:
    """The recall among the first `depth` hits of at least one question."""
    shares = [
        len(outcome.evidence.intersection(outcome.found[:depth])) / len(outcome.evidence)
        for outcome in outcomes
    ]
    return Recall(
        any=_mean(share > 0 for share in shares),
        all=_mean(share == 1 for share in shares),
        fraction=_mean(shares),
    )


def percentile(values: Iterable[float], share: float) -> float:
    """The least value that a share of at least one value does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
