"""One match out of what several legs measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.legs import Leg
from agent_memory_services.long_term_memory.search.normalise import reciprocal_ranks


class Fusion(Protocol):
    """How what a leg measured counts."""

    def scaled(self, leg: Leg, values: Mapping[str, float]) -> dict[str, float]:
        """What a leg measured, its best first, on the scale of 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class LinearFusion:
    """Legs count by what they measured."""

    def scaled(self, leg: Leg, values: Mapping[str, float]) -> dict[str, float]:
        """The leg's own scale."""
        return leg.scaled(values)


@dataclass(frozen=True, slots=True)
class ReciprocalRankFusion:
    """Legs count by the order they found.

    Attributes:
        constant: how little the difference between the first ranks matters.
    """

    constant: int

    def scaled(self, leg: Leg, values: Mapping[str, float]) -> dict[str, float]:  # noqa: ARG002 - the order says it all
        """The worth of each rank."""
        return reciprocal_ranks(values, self.constant)


def fuse(
    fusion: Fusion,
    legs: Sequence[Leg],
    candidates: Sequence[Candidate],
    measured: Mapping[str, Mapping[str, float]],
) -> None:
    """Give each candidate a signal for every leg that found it; they add up to its match."""
    for leg in legs:
        values = measured[leg.name]
        scaled = fusion.scaled(leg, values)
        for candidate in candidates:
            memory_id = candidate.memory.id
            if memory_id in values:
                candidate.add(leg.name, values[memory_id], leg.weight * scaled[memory_id])
