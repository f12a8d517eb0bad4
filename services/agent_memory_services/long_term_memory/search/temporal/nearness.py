"""Memories of the time that a question speaks of, or that tell a time where it asks for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent_memory_services.long_term_memory.domain import traits
from agent_memory_services.long_term_memory.search.scores import Floats
from agent_memory_services.long_term_memory.search.signals import Evidence

_DAY: Final = 86_400_000_000
# What happened is told afterwards, mostly within the week; and days differ around the world.
_TOLD_LATE: Final = 7 * _DAY
_TOLD_EARLY: Final = _DAY


@dataclass(frozen=True, slots=True)
class TimeNearness:
    """Nearness of a memory's time to a time of the question.

    1 within it, falling to 0 within a week after it.

    Attributes:
        weight: worth of a memory of that time.
        spans: the question's times, in microseconds: first moment, first moment after.
    """

    weight: float
    spans: Sequence[tuple[int, int]]
    name: str = "temporal.nearness"

    def measure(self, evidence: Evidence) -> Floats:
        """Return the nearness to the nearest span, for each memory."""
        begins, ends = map(evidence.table.numbers, ("begins", "ends"))
        nearest = np.zeros(len(begins))
        for first, after in self.spans:
            late = np.maximum(0, begins - after) / _TOLD_LATE
            near = np.where(ends < first - _TOLD_EARLY, 0.0, np.maximum(0.0, 1.0 - late))
            nearest = np.maximum(nearest, near)
        return nearest


@dataclass(frozen=True, slots=True)
class ToldTime:
    """Telling a time, for a question that asks for one.

    Attributes:
        weight: worth of telling one.
    """

    weight: float
    name: str = "temporal.told"

    def measure(self, evidence: Evidence) -> Floats:
        """Return 1 for each memory that tells a time, 0 for others."""
        table = evidence.table
        # Every message has the time at which it was said; that tells nothing about its content.
        dated = table.flag(traits.DATED) & ~table.flag(traits.MESSAGE)
        told: Floats = (dated | table.flag(traits.TELLS_TIME)).astype(float)
        return told
