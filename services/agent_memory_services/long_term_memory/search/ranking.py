"""From what the legs found to an order, one stage after the other."""

from dataclasses import dataclass

from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.long_term_memory.search.cross_encoder import Reranking
from agent_memory_services.long_term_memory.search.diversity import Diversity
from agent_memory_services.long_term_memory.search.evidence import Evidence
from agent_memory_services.long_term_memory.search.fusion import fuse
from agent_memory_services.long_term_memory.search.plan import DENSE, Plan
from agent_memory_services.long_term_memory.search.pool import Pool
from agent_memory_services.long_term_memory.search.recency import Recency
from agent_memory_services.long_term_memory.search.scoresheet import Scoresheet
from agent_memory_services.long_term_memory.search.wording import Wording


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks by a plan, at a moment in microseconds.

    Attributes:
        plan: what counts, and how much.
        now: the moment of the question.
        reranking: the second reading, where there is one.
    """

    plan: Plan
    now: int
    reranking: Reranking | None = None

    async def hits(self, pool: Pool) -> list[Candidate]:
        """The hits of a pool, best first."""
        memories = list(pool.memories.values())
        sheet = self._relevance(pool)
        if self.plan.recency:
            Recency(self.plan.recency, self.now).apply(memories, sheet)
        if self.reranking:
            await self.reranking.apply(memories, sheet)
        if self.plan.diversity:
            Diversity(self.plan.diversity).apply(memories, sheet)
        return self._ordered(pool, sheet)

    def _relevance(self, pool: Pool) -> Scoresheet:
        """The match of each memory and what else speaks for it, as shares of all that could."""
        memories = list(pool.memories.values())
        wording = Wording(self.plan.words, memories)
        sheet = Scoresheet(len(memories))
        match = fuse(self.plan.fusion, self.plan.legs, pool, wording, sheet)
        evidence = Evidence(memories, match, wording.text)
        whole = 1.0
        for part in self.plan.parts:
            values = part.measure(evidence)
            if values is not None:
                sheet.add(part.name, values, part.weight * values)
                whole += part.weight
        sheet.scale(1 / whole)
        return sheet

    def _ordered(self, pool: Pool, sheet: Scoresheet) -> list[Candidate]:
        scores = sheet.scores
        distances = pool.measured.get(DENSE, {})
        candidates = [
            Candidate(memory, float(scores[at]), distances.get(name), sheet, at)
            for at, (name, memory) in enumerate(pool.memories.items())
        ]
        return sorted(filter(self._good, candidates), key=_place)

    def _good(self, candidate: Candidate) -> bool:
        farthest = self.plan.max_distance
        near = farthest is None or (
            candidate.distance is not None and candidate.distance <= farthest
        )
        return near and candidate.score >= self.plan.min_score


def _place(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.memory.id
