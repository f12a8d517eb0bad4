"""From what the legs found to an order."""

from collections.abc import Mapping
from dataclasses import dataclass

from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.fusion import (
    Fusion,
    LinearFusion,
    ReciprocalRankFusion,
)
from agent_memory_services.long_term_memory.search.legs import DenseLeg, WordLeg
from agent_memory_services.long_term_memory.search.plan import DENSE, WORDS, Plan
from agent_memory_services.long_term_memory.search.pool import Pool
from agent_memory_services.long_term_memory.search.question import Question
from agent_memory_services.long_term_memory.search.ranking import Ranking
from agent_memory_services.long_term_memory.search.weights import RecencyWeights

NOW = 0
_LINEAR = LinearFusion()


@dataclass(frozen=True)
class Case:
    """A plan for both legs, and what they found."""

    distances: Mapping[str, float]
    scores: Mapping[str, float]
    fusion: Fusion = _LINEAR
    recency: RecencyWeights | None = None
    min_score: float = 0.0
    max_distance: float | None = None

    def hits(self) -> list[tuple[str, float]]:
        """The hits with their scores."""
        return [(hit.memory.id, hit.score) for hit in Ranking(self._plan(), NOW).hits(self._pool())]

    def _plan(self) -> Plan:
        return Plan(
            legs=(
                DenseLeg(DENSE, 0.75, "vector", b""),
                WordLeg(WORDS, 0.25, Question((), ("x",))),
            ),
            fusion=self.fusion,
            recency=self.recency,
            min_score=self.min_score,
            max_distance=self.max_distance,
        )

    def _pool(self) -> Pool:
        names = {*self.distances, *self.scores}
        measured = {DENSE: self.distances, WORDS: self.scores}
        return Pool({name: Memory(id=name) for name in names}, measured, len(names))


def test_linear_fusion_adds_weighted_values() -> None:
    """A memory that both legs found adds up; one that a single leg found has that leg's part."""
    case = Case({"a": 0.2, "b": 0.4}, {"b": 8.0, "c": 4.0})
    hits = case.hits()
    assert hits == [("b", approx(0.7)), ("a", approx(0.6)), ("c", approx(0.125))]


def test_rank_fusion_sees_order_alone() -> None:
    """By ranks, the distance between two values does not matter."""
    near = Case({"a": 0.2, "b": 0.21}, {"b": 8.0}, fusion=ReciprocalRankFusion(60))
    far = Case({"a": 0.2, "b": 1.9}, {"b": 8.0}, fusion=ReciprocalRankFusion(60))
    assert near.hits() == far.hits()
    assert near.hits()[0] == ("b", approx(0.75 * 61 / 62 + 0.25))


def test_equal_scores_have_one_order() -> None:
    """Ties are broken by id, whichever leg found a memory first."""
    hits = Case({"b": 0.5, "c": 0.5, "a": 0.5}, {}).hits()
    assert [name for name, _ in hits] == ["a", "b", "c"]


def test_weak_and_distant_hits_are_dropped() -> None:
    """A least score and a greatest distance cut what lies beyond, and what has no distance."""
    hits = Case({"a": 0.2, "b": 0.9}, {}, min_score=0.5).hits()
    assert [name for name, _ in hits] == ["a"]
    hits = Case({"a": 0.2, "b": 0.9}, {"c": 1.0}, max_distance=0.9).hits()
    assert [name for name, _ in hits] == ["a", "b"]


def test_recency_reorders_what_matches_alike() -> None:
    """With recency, every score still lies within 0 to 1."""
    hits = Case({"a": 0.2, "b": 0.4}, {"b": 8.0}, recency=RecencyWeights()).hits()
    assert [name for name, _ in hits] == ["b", "a"]
    assert all(0 <= score <= 1 for _, score in hits)
