"""What every part of the ranking says about every candidate."""

from dataclasses import dataclass

import numpy as np

from agent_memory_services.long_term_memory.search.bm25 import Floats


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


@dataclass(slots=True)
class _Line:
    name: str
    values: Floats
    contributions: Floats


class Scoresheet:
    """A line for each part, with a number for each candidate; every array has that shape."""

    def __init__(self, candidates: int) -> None:
        """Start an empty sheet for so many candidates."""
        self._candidates = candidates
        self._lines: list[_Line] = []

    def add(self, name: str, values: Floats, contributions: Floats) -> None:
        """Add what a part measured, NaN where it did not, and what that adds to the scores."""
        self._lines.append(_Line(name, values, contributions))

    def scale(self, factor: float | Floats) -> None:
        """Leave this share of every contribution so far."""
        for line in self._lines:
            line.contributions = line.contributions * factor

    @property
    def scores(self) -> Floats:
        """The sum of the contributions, 0 to 1."""
        total = np.zeros(self._candidates)
        for line in self._lines:
            total += line.contributions
        return np.clip(total, 0.0, 1.0)

    def signals(self, candidate: int) -> tuple[Signal, ...]:
        """The parts of a candidate's score."""
        return tuple(
            Signal(line.name, float(line.values[candidate]), float(line.contributions[candidate]))
            for line in self._lines
            if not np.isnan(line.values[candidate])
        )
