"""Metrics of a retrieval evaluation and their tables: share of the evidence found, and times."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from rich.box import SIMPLE
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one question.

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
    """Return the recall among the first `depth` hits of at least one question."""
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
    """Return the least value that a share of at least one value does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


DEPTHS: Final = (5, 10, 20)
_PAGE: Final = 10
_MEDIAN, _SLOWEST = 0.5, 0.99
_MEASURES: Final = ("any", "all", "fraction")
_STYLE: Final = ": "


def tables(outcomes: Mapping[str, Sequence[Outcome]]) -> Iterator[Table]:
    """Recall and latency of the baselines, then recall by style and class of question.

    All baselines by style and by class at one depth, and the first of them by class at every depth.
    A class may name its style, as in `technical: several`.
    """
    yield _overview(outcomes)
    yield _latency(outcomes)
    first = next(iter(outcomes))
    if any(_STYLE in outcome.kind for outcome in outcomes[first]):
        yield _side_by_side(outcomes, "style", lambda kind: kind.partition(_STYLE)[0])
    yield _side_by_side(outcomes, "class", str)
    yield _by_kind(first, outcomes[first])


def _overview(outcomes: Mapping[str, Sequence[Outcome]]) -> Table:
    table = recall_table("Evidence among the first hits, %", "settings")
    for baseline, every in outcomes.items():
        asked = [outcome for outcome in every if outcome.counts]
        table.add_row(baseline, str(len(asked)), *shares(asked))
    return table


def _latency(outcomes: Mapping[str, Sequence[Outcome]]) -> Table:
    table = _table("Time of an answer, ms", "settings", "n", "p50", "p99")
    for baseline, asked in outcomes.items():
        milliseconds = [1000 * outcome.seconds for outcome in asked]
        times = (f"{percentile(milliseconds, share):.1f}" for share in (_MEDIAN, _SLOWEST))
        table.add_row(baseline, str(len(asked)), *times)
    return table


def _side_by_side(
    outcomes: Mapping[str, Sequence[Outcome]], column: str, group: Callable[[str], str]
) -> Table:
    names = [baseline.removeprefix("without ") for baseline in outcomes]
    less = any(baseline.startswith("without ") for baseline in outcomes)
    title = f"Share of the evidence among the first {_PAGE}{', without' if less else ''}"
    table = _table(f"{title}, %", column, "n", *(name.replace(" ", "\n") for name in names))
    every = list(outcomes.values())
    for name in sorted({group(outcome.kind) for outcome in every[0]}):
        asked = [[outcome for outcome in each if group(outcome.kind) == name] for each in every]
        found = (f"{100 * recall(each, _PAGE).fraction:.1f}" for each in asked)
        table.add_row(name, str(len(asked[0])), *found)
    return table


def _by_kind(baseline: str, outcomes: Sequence[Outcome]) -> Table:
    table = recall_table(f"{baseline}, by class of question", "class")
    for kind in sorted({outcome.kind for outcome in outcomes}):
        asked = [outcome for outcome in outcomes if outcome.kind == kind]
        table.add_row(kind, str(len(asked)), *shares(asked))
    return table


def recall_table(title: str, first: str) -> Table:
    """Return an empty table for rows of `shares`."""
    depths = " ".join(f"{f'@{depth}':>5}" for depth in DEPTHS)
    return _table(title, first, "n", *(f"{measure}\n{depths}" for measure in _MEASURES))


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for other in others:
        table.add_column(other, justify="right", no_wrap=True)
    return table


def shares(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the measures of at least one outcome, each at every depth."""
    recalls = [recall(outcomes, depth) for depth in DEPTHS]
    for measure in _MEASURES:
        yield _aligned(100 * getattr(each, measure) for each in recalls)


def _aligned(values: Iterable[float]) -> str:
    return " ".join(f"{value:5.1f}" for value in values)
