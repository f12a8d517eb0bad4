"""One match out of what several legs measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agent_memory_services.long_term_memory.search.bm25 import Floats
from agent_memory_services.long_term_memory.search.legs import Leg
from agent_memory_services.long_term_memory.search.normalise import reciprocal_ranks
from agent_memory_services.long_term_memory.search.pool import Pool
from agent_memory_services.long_term_memory.search.scoresheet import Scoresheet
from agent_memory_services.long_term_memory.search.wording import Wording


class Fusion(Protocol):
    """How what a leg measured counts."""

    def counted(self, scaled: Floats) -> Floats:
        """The worth of what a leg measured, given and answered on the scale of 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class LinearFusion:
    """Legs count by what they measured."""

    def counted(self, scaled: Floats) -> Floats:
        """The measure itself."""
        return scaled


@dataclass(frozen=True, slots=True)
class ReciprocalRankFusion:
    """Legs count by the order they found.

    Attributes:
        constant: how little the difference between the first ranks matters.
    """

    constant: int

    def counted(self, scaled: Floats) -> Floats:
        """The worth of each rank."""
        return reciprocal_ranks(scaled, self.constant)


def fuse(
    fusion: Fusion, legs: Sequence[Leg], pool: Pool, wording: Wording, sheet: Scoresheet
) -> Floats:
    """The match of each memory of a pool, 0 to 1; each leg gets a line on the sheet."""
    match = np.zeros(len(pool.memories))
    for leg in legs:
        found = pool.measured[leg.name]
        reached = np.array([found.get(name, np.nan) for name in pool.memories])
        values = leg.measure(reached, wording)
        contributions = leg.weight * fusion.counted(leg.scaled(values))
        sheet.add(leg.name, values, contributions)
        match += contributions
    return match
