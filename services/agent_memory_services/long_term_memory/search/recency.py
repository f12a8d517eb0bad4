"""The preference for memories that are fresh.

    freshness = 2 ^ -(days since the last access / half_life_last_access_days)
    novelty   = 2 ^ -(days since creation / half_life_create_days)
    score     = semantic * match + recency * (freshness * freshness' + novelty * novelty')

The formula and its defaults are those of the Agent Memory Server of Redis. Weights that add up to
more than 1 are scaled down, so that a score stays within 0 to 1 without changing an order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.weights import RecencyWeights
from agent_memory_services.runtime.clock import to_micros

_MICROS_PER_DAY: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Recency:
    """Weighs the match against how fresh a memory is at `now`, in microseconds."""

    weights: RecencyWeights
    now: int

    def __call__(self, candidates: Sequence[Candidate]) -> None:
        """Scale the match down and add both parts of recency."""
        weights = self.weights
        whole = max(1.0, weights.semantic + weights.recency)
        parts = max(1.0, weights.freshness + weights.novelty)
        share = weights.recency / whole / parts
        for candidate in candidates:
            created = to_micros(candidate.memory.create_time)
            freshness = self._left(
                _last_access(candidate, created), weights.half_life_last_access_days
            )
            novelty = self._left(created, weights.half_life_create_days)
            candidate.scale(weights.semantic / whole)
            candidate.add("recency.freshness", freshness, share * weights.freshness * freshness)
            candidate.add("recency.novelty", novelty, share * weights.novelty * novelty)

    def _left(self, since: int, half_life_days: float) -> float:
        """What is left of 1 since a moment; nothing from the future counts for more."""
        days = max(0, self.now - since) / _MICROS_PER_DAY
        return math.exp2(-days / half_life_days)


def _last_access(candidate: Candidate, created: int) -> int:
    """A memory that was never found is as fresh as it is new."""
    memory = candidate.memory
    return to_micros(memory.last_access_time) if memory.HasField("last_access_time") else created
