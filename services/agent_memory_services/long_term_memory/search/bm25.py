"""How well memories answer the words of a question, on an absolute scale.

    worth(t)  = ln(1 + (N - n + 0.5) / (n + 0.5))                 n of N memories hold t
    weight(t) = f (k1 + 1) / (f + k1 (1 - b + b L / mean L))      f times in L words
    match     = sum of worth(t) weight(t) / sum of worth(t)       at most 1

This is BM25 (Robertson and Zaragoza, 2009) as a share of what a memory of usual length gets that
holds each word once. The engine's own scores choose the candidates but do not rank them: they
count the tags of a filter as words, mix the fields of a document, and beside a filter miss parts
of a document's sum (measured with RediSearch 2.10 on LoCoMo: 48 % of the evidence among the first
ten, and 59 % by this formula).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_K1: Final = 1.2
_B: Final = 0.75


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often terms occur in texts.

    Attributes:
        counts: times that each term occurs in each text; shape (terms, texts).
        lengths: words of each text; shape (texts,).
    """

    counts: Floats
    lengths: Floats

    def worth(self) -> Floats:
        """What holding each term is worth, by how few texts do; shape (terms,)."""
        holding = (self.counts > 0).sum(axis=1)
        worth: Floats = np.log1p((self.counts.shape[1] - holding + 0.5) / (holding + 0.5))
        return worth

    def match(self) -> Floats:
        """How well each text answers all terms, 0 to 1; shape (texts,)."""
        worth = self.worth()
        if not worth.any() or not self.lengths.any():
            return np.zeros(len(self.lengths))
        relative = self.lengths / self.lengths.mean()
        weights = self.counts * (_K1 + 1) / (self.counts + _K1 * (1 - _B + _B * relative))
        match: Floats = np.minimum(1.0, worth @ weights / worth.sum())
        return match
