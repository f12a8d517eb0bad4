"""Values of different legs on one scale of 0 to 1.

Nothing here depends on how deep a leg was read, so that scores of one question are comparable
across its pages.
"""

from collections.abc import Mapping


def similarities(distances: Mapping[str, float]) -> dict[str, float]:
    """Cosine distances as similarities; what points away is as unlike as can be.

    The scale is absolute: unlike the best of a page, a similarity says whether anything fits.
    """
    return {name: min(1.0, max(0.0, 1.0 - distance)) for name, distance in distances.items()}


def relative_to_best(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores as shares of the best one, because BM25 has no upper end."""
    best = max(scores.values(), default=0.0)
    return {name: score / best if best else 0.0 for name, score in scores.items()}


def reciprocal_ranks(ranked: Mapping[str, float], constant: int) -> dict[str, float]:
    """Ranks as shares of the first one's worth; `ranked` is in order, the best first."""
    first = constant + 1
    return {name: first / (first + rank) for rank, name in enumerate(ranked)}
