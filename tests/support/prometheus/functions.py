"""Functions of PromQL, after the documentation and the behaviour of Prometheus 2.42."""

import math
from collections.abc import Mapping, Sequence

Point = tuple[float, float]
Element = tuple[Mapping[str, str], float]


def increase(points: Sequence[Point], start: float, end: float) -> float | None:
    """How much a counter grew from `start` to `end`, extrapolated to both; None for one point."""
    if len(points) < 2:
        return None
    grown, previous = 0.0, points[0][1]
    for _, value in points[1:]:
        grown += value if value < previous else value - previous
        previous = value
    sampled = points[-1][0] - points[0][0]
    average = sampled / (len(points) - 1)
    before, after = points[0][0] - start, end - points[-1][0]
    before = before if before < average * 1.1 else average / 2
    after = after if after < average * 1.1 else average / 2
    if grown > 0 and points[0][1] >= 0:
        # A counter cannot have been below zero.
        before = min(before, sampled * points[0][1] / grown)
    return grown * (sampled + before + after) / sampled


def quantile(q: float, buckets: Sequence[tuple[float, float]]) -> float:
    """The quantile of a histogram: upper bounds and cumulative counts, in order of the bounds."""
    if len(buckets) < 2 or not math.isinf(buckets[-1][0]) or not buckets[-1][1]:
        return math.nan
    rank = q * buckets[-1][1]
    index = next(i for i, (_, count) in enumerate(buckets) if count >= rank)
    if index == len(buckets) - 1:
        return buckets[-2][0]
    bound, count = buckets[index]
    if index == 0 and bound <= 0:
        return bound
    lower, below = (0.0, 0.0) if index == 0 else buckets[index - 1]
    return lower + (bound - lower) * (rank - below) / (count - below) if count > below else bound


def histogram_quantile(q: float, vector: Sequence[Element]) -> list[Element]:
    """A quantile for each group of series that differ in `le` alone."""
    groups: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = {}
    for labels, value in vector:
        rest = {k: v for k, v in labels.items() if k not in {"le", "__name__"}}
        groups.setdefault(frozenset(rest.items()), []).append((float(labels["le"]), value))
    return [(dict(group), quantile(q, sorted(buckets))) for group, buckets in groups.items()]
