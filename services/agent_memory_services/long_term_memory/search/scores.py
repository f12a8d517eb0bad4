"""Scores of candidates: BM25, normalisation, and the sheet of signals that adds up to a score.

    worth(t)  = ln(1 + (N - n + 0.5) / (n + 0.5))                 n of N memories hold t
    weight(t) = f (k1 + 1) / (f + k1 (1 - b + b L / mean L))      f times in L words
    match     = sum of worth(t) weight(t) / sum of worth(t)       at most 1

This is BM25 (Robertson and Zaragoza, 2009) as a share of what a memory of usual length gets that
holds each word once. The engine's own scores choose the candidates but do not rank them: they
count the tags of a filter as words, mix the fields of a document, and beside a filter miss parts
of a document's sum (measured with RediSearch 2.10 on LoCoMo: 48 % of the evidence among the first
ten, and 59 % by this formula).

Nothing here depends on how deep a leg was read, so that scores of one question are comparable
across its pages.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain import columns

Floats: TypeAlias = columns.Floats

_LINES: Final = 16
"""Lines that a sheet has room for at first."""
_K1: Final = 1.2
_B: Final = 0.75


def dampings(lengths: Floats) -> Floats:
    """Return what counts of words are dampened by, in texts of so many words; shape (texts,)."""
    if not lengths.any():
        return np.zeros(len(lengths))
    damped: Floats = _K1 * (1 - _B + _B * (lengths / lengths.mean()))
    return damped


@dataclass(frozen=True)
class Occurrences:
    """Counts of terms in texts.

    Attributes:
        counts: times that each term occurs in each text; shape (terms, texts).
        lengths: words of each text; shape (texts,).
        damping: the `dampings` of these lengths.
    """

    counts: Floats
    lengths: Floats
    damping: Floats

    @cached_property
    def held(self) -> npt.NDArray[np.bool_]:
        """Marks of the terms that each text holds; shape (terms, texts)."""
        held: npt.NDArray[np.bool_] = self.counts > 0
        return held

    @cached_property
    def worth(self) -> Floats:
        """The worth of holding each term, by how few texts do; shape (terms,)."""
        holding = np.count_nonzero(self.held, axis=1)
        worth: Floats = np.log1p((self.counts.shape[1] - holding + 0.5) / (holding + 0.5))
        return worth

    @cached_property
    def match(self) -> Floats:
        """The match of each text with all terms, 0 to 1; shape (texts,)."""
        worth = self.worth
        if not worth.any() or not self.damping.any():
            return np.zeros(len(self.lengths))
        weights = self.counts * (_K1 + 1)
        weights /= self.counts + self.damping
        match: Floats = np.minimum(1.0, worth @ weights / worth.sum())
        return match


def similarities(distances: Floats) -> Floats:
    """Cosine distances as similarities; what points away is as unlike as can be.

    The scale is absolute: unlike the best of a page, a similarity says whether anything fits.
    What a leg did not reach (NaN) is no nearer than what it reached, and counts as the farthest.
    """
    unknown = np.isnan(distances)
    if unknown.any():
        farthest = np.inf if unknown.all() else np.fmax.reduce(distances)
        distances = np.where(unknown, farthest, distances)
    scaled: Floats = np.minimum(1.0, np.maximum(0.0, 1.0 - distances))
    return scaled


def reciprocal_ranks(scaled: Floats, constant: int) -> Floats:
    """Ranks as shares of the first one's worth; what is worth nothing has no rank.

    Equals share a rank, so that no order but that of the values counts.
    """
    order = np.sort(scaled)[::-1]
    ranks = np.searchsorted(-order, -scaled, side="left")
    first = constant + 1
    return np.where(scaled > 0, first / (first + ranks), 0.0)


@dataclass(frozen=True, slots=True)
class Signal:
    """One part of a score.

    Attributes:
        name: its stable name.
        value: what it measured, in its own unit.
        contribution: what it adds to the score.
    """

    name: str
    value: float
    contribution: float


class Scoresheet:
    """A line for each part, with a number for each candidate; every array has that shape."""

    def __init__(self, candidates: int) -> None:
        """Start an empty sheet for so many candidates."""
        self.candidates = candidates
        self._names: list[str] = []
        self._values: list[Floats] = []
        self._contributions = np.empty((_LINES, candidates))
        self._scores: Floats | None = None

    def add(self, name: str, values: Floats, contributions: Floats) -> None:
        """Add what a part measured, NaN where it did not, and what that adds to the scores."""
        line = len(self._names)
        if line == len(self._contributions):
            self._contributions = np.concatenate([self._contributions] * 2)
        self._names.append(name)
        self._values.append(values)
        self._contributions[line] = contributions
        self._scores = None

    def scale(self, factor: float) -> None:
        """Leave this share of every contribution so far."""
        self._contributions[: len(self._names)] *= factor
        self._scores = None

    @property
    def scores(self) -> Floats:
        """The sum of the contributions, 0 to 1."""
        if self._scores is None:
            total = self._contributions[: len(self._names)].sum(axis=0)
            self._scores = np.minimum(1.0, np.maximum(0.0, total))
        return self._scores

    def signals(self, candidate: int) -> tuple[Signal, ...]:
        """Return the parts of a candidate's score."""
        added = self._contributions[: len(self._names), candidate].tolist()
        parts = zip(self._names, self._values, added, strict=True)
        return tuple(
            Signal(name, float(values[candidate]), contribution)
            for name, values, contribution in parts
            if not np.isnan(values[candidate])
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory and how it was ranked.

    Attributes:
        memory: the memory.
        score: 0 to 1, higher is better.
        distance: its cosine distance to the question, where its text's vector was compared.
        sheet: what made the score; None where nothing was asked.
        column: the memory's place in the sheet.
    """

    memory: Memory
    score: float = 0.0
    distance: float | None = None
    sheet: Scoresheet | None = None
    column: int = 0

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The parts of the score."""
        return self.sheet.signals(self.column) if self.sheet else ()
