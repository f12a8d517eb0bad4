"""From what the legs found to an order, one stage after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.fusion import fuse
from agent_memory_services.long_term_memory.search.plan import DENSE, Plan
from agent_memory_services.long_term_memory.search.pool import Pool
from agent_memory_services.long_term_memory.search.recency import Recency

Stage = Callable[[Sequence[Candidate]], None]
"""A part of the ranking after fusion: it adds signals or scales those before it."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks by a plan, at a moment in microseconds."""

    plan: Plan
    now: int

    def hits(self, pool: Pool) -> list[Candidate]:
        """The hits of a pool, best first."""
        distances = pool.measured.get(DENSE, {})
        candidates = [
            Candidate(memory, distances.get(name)) for name, memory in pool.memories.items()
        ]
        fuse(self.plan.fusion, self.plan.legs, candidates, pool.measured)
        for stage in self._stages():
            stage(candidates)
        return sorted(filter(self._good, candidates), key=_place)

    def _stages(self) -> list[Stage]:
        return [Recency(self.plan.recency, self.now)] if self.plan.recency else []

    def _good(self, candidate: Candidate) -> bool:
        farthest = self.plan.max_distance
        near = farthest is None or (
            candidate.distance is not None and candidate.distance <= farthest
        )
        return near and candidate.score >= self.plan.min_score


def _place(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.memory.id
