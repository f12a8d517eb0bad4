"""From what the legs found to an order, one stage after the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.fusion import fuse
from agent_memory_services.long_term_memory.search.plan import DENSE, Plan
from agent_memory_services.long_term_memory.search.pool import Measured, Pool
from agent_memory_services.long_term_memory.search.recency import Recency

Stage = Callable[[Sequence[Candidate]], None]
"""A part of the ranking after fusion: it adds signals or scales those before it."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks by a plan, at a moment in microseconds."""

    plan: Plan
    now: int

    def order(self, pool: Pool, windows: Iterable[int]) -> list[list[Candidate]]:
        """The hits of a pool, best first, window by window.

        Each window holds what the windows before it do not.
        """
        seen: set[str] = set()
        ordered = []
        for depth in windows:
            measured = pool.top(depth)
            ids = {name: None for values in measured.values() for name in values}
            fresh = [Candidate(pool.memories[name]) for name in ids if name not in seen]
            seen.update(ids)
            ordered.append(self._ranked(fresh, measured))
        return ordered

    def _ranked(self, candidates: Sequence[Candidate], measured: Measured) -> list[Candidate]:
        distances = measured.get(DENSE, {})
        for candidate in candidates:
            candidate.distance = distances.get(candidate.memory.id)
        fuse(self.plan.fusion, self.plan.legs, candidates, measured)
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
    # Equal scores keep one order on every page.
    return -candidate.score, candidate.memory.id
