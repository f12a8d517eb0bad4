"""The defaults of ranking, in one place, with what they rest on."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RecencyWeights:
    """The six knobs of recency; see `recency.py` for the formula."""

    semantic: float = 0.8
    recency: float = 0.2
    freshness: float = 0.6
    novelty: float = 0.4
    half_life_last_access_days: float = 7.0
    half_life_create_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Defaults of everything a question may leave open.

    Attributes:
        dense: share of meaning against words. Cosines of one question lie close together while
            word scores spread over the whole scale, so an even ranking needs more than half.
        reciprocal_rank_constant: the `k` of reciprocal rank fusion; 60 is the value of
            Cormack, Clarke and Buettcher (SIGIR 2009).
        recency: the knobs of recency.
        depth: how many memories each leg contributes at least, so that what ranks below the
            page on one leg can still be lifted onto it by the others.
        overfetch: the same as a multiple of the page.
        growth: by how much deeper the legs are read when they did not fill a page.
        max_depth: the most that a leg contributes.
        max_words: distinct words of a question that take part; a page of prose as a question
            says what it is about with its first words.
    """

    dense: float = 0.7
    reciprocal_rank_constant: int = 60
    recency: RecencyWeights = RecencyWeights()
    depth: int = 100
    overfetch: int = 3
    growth: int = 4
    max_depth: int = 10_000
    max_words: int = 96


DEFAULTS: Final = Weights()
