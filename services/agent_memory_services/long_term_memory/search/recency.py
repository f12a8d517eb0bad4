"""The preference for memories that are fresh.

    freshness = 2 ^ -(days since the last access / half_life_last_access_days)
    novelty   = 2 ^ -(days since creation / half_life_create_days)
    score     = semantic * match + recency * (freshness * freshness' + novelty * novelty')

The formula and its defaults are those of the Agent Memory Server of Redis, with one bound. An
access is a search that found the memory, so that counting it in full would let a search feed on
its own results: what was found once would be found again, whatever was asked. Hence creation
counts as an access in full and being found as a small share of one, `RecencyWeights.found`.

Weights that add up to more than 1 are scaled down, so that a score stays within 0 to 1 without
changing an order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.bm25 import Floats
from agent_memory_services.long_term_memory.search.scoresheet import Scoresheet
from agent_memory_services.long_term_memory.search.weights import RecencyWeights
from agent_memory_services.runtime.clock import to_micros

_MICROS_PER_DAY: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Recency:
    """Weighs the match against how fresh a memory is at `now`, in microseconds."""

    weights: RecencyWeights
    now: int

    def apply(self, memories: Sequence[Memory], sheet: Scoresheet) -> None:
        """Scale the match down and add both parts of recency."""
        weights = self.weights
        whole = max(1.0, weights.semantic + weights.recency)
        parts = max(1.0, weights.freshness + weights.novelty)
        share = weights.recency / whole / parts
        created = np.array([to_micros(memory.create_time) for memory in memories], dtype=float)
        freshness = self._freshness(memories, created)
        novelty = self._left(created, weights.half_life_create_days)
        sheet.scale(weights.semantic / whole)
        sheet.add("recency.freshness", freshness, share * weights.freshness * freshness)
        sheet.add("recency.novelty", novelty, share * weights.novelty * novelty)

    def _freshness(self, memories: Sequence[Memory], created: Floats) -> Floats:
        half_life = self.weights.half_life_last_access_days
        found = np.array(
            [
                to_micros(memory.last_access_time) if memory.HasField("last_access_time") else 0
                for memory in memories
            ],
            dtype=float,
        )
        return np.maximum(
            self._left(created, half_life),
            self.weights.found * self._left(np.maximum(created, found), half_life),
        )

    def _left(self, since: Floats, half_life_days: float) -> Floats:
        """What is left of 1 since each moment; nothing from the future counts for more."""
        days = np.maximum(0.0, self.now - since) / _MICROS_PER_DAY
        left: Floats = np.exp2(-days / half_life_days)
        return left
