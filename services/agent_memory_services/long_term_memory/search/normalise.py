"""Values of different legs on one scale of 0 to 1.

Nothing here depends on how deep a leg was read, so that scores of one question are comparable
across its pages.
"""

import numpy as np

from agent_memory_services.long_term_memory.search.bm25 import Floats


def similarities(distances: Floats) -> Floats:
    """Cosine distances as similarities; what points away is as unlike as can be.

    The scale is absolute: unlike the best of a page, a similarity says whether anything fits.
    What a leg did not reach (NaN) is no nearer than what it reached, and counts as the farthest.
    """
    known = distances[~np.isnan(distances)]
    farthest = known.max() if known.size else np.inf
    scaled: Floats = np.clip(1.0 - np.where(np.isnan(distances), farthest, distances), 0.0, 1.0)
    return scaled


def reciprocal_ranks(scaled: Floats, constant: int) -> Floats:
    """Ranks as shares of the first one's worth; what is worth nothing has no rank.

    Equals share a rank, so that no order but that of the values counts.
    """
    order = np.sort(scaled)[::-1]
    ranks = np.searchsorted(-order, -scaled, side="left")
    first = constant + 1
    return np.where(scaled > 0, first / (first + ranks), 0.0)
