"""From what the legs found to an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain.columns import table_of
from agent_memory_services.long_term_memory.domain.terms import Term
from agent_memory_services.long_term_memory.search.legs import (
    DenseLeg,
    Fusion,
    LinearFusion,
    Pool,
    ReciprocalRankFusion,
    WordLeg,
)
from agent_memory_services.long_term_memory.search.plan import DENSE, WORDS, SearchPlan
from agent_memory_services.long_term_memory.search.question import Question
from agent_memory_services.long_term_memory.search.ranking import Ordered, Ranking
from agent_memory_services.long_term_memory.search.scores import Candidate, Floats, Scoresheet
from agent_memory_services.long_term_memory.search.signals import Evidence, Part, SessionBest
from agent_memory_services.long_term_memory.search.weights import RecencyWeights

NOW = 0
_LINEAR = LinearFusion()


@dataclass(frozen=True)
class Silent:
    """A part that has nothing to say."""

    weight: float = 5.0
    name: str = "silent"

    def measure(self, evidence: Evidence) -> Floats | None:
        """Nothing."""


@dataclass(frozen=True)
class Case:
    """Texts with the distances that the dense leg found; the word leg looks for "tea"."""

    distances: Mapping[str, float]
    fusion: Fusion = _LINEAR
    recency: RecencyWeights | None = None
    min_score: float = 0.0
    max_distance: float | None = None
    parts: tuple[Part, ...] = ()
    also: tuple[str, ...] = ()
    diversity: float = 0.0

    def hits(self) -> list[tuple[str, float]]:
        """The hits with their scores."""
        return [(hit.memory.text, hit.score) for hit in self.candidates()]

    def candidates(self) -> Sequence[Candidate]:
        """The hits."""
        return Ranking(self._plan(), NOW).hits(self._pool())

    def _plan(self) -> SearchPlan:
        legs = (
            DenseLeg(DENSE, 0.75, "vector", b""),
            WordLeg(WORDS, 0.25, Question((), (Term("tea"),))),
        )
        return SearchPlan(
            legs=legs,
            words=(Term("tea"),),
            fusion=self.fusion,
            recency=self.recency,
            min_score=self.min_score,
            max_distance=self.max_distance,
            parts=self.parts,
            diversity=self.diversity,
        )

    def _pool(self) -> Pool:
        texts = [*self.distances, *self.also]
        measured = {DENSE: self.distances, WORDS: dict.fromkeys(self.also, 1.0)}
        return Pool({text: Memory(id=text, text=text) for text in texts}, measured, len(texts))


def test_linear_fusion_adds_weighted_values() -> None:
    """What both legs measure adds up, whichever of them found the memory."""
    hits = Case({"milk": 0.2, "tea": 0.4}, also=("iced tea",)).hits()
    assert hits == [
        ("tea", approx(0.7)),
        ("iced tea", approx(0.45 + 0.25, abs=0.05)),
        ("milk", approx(0.6)),
    ]


def test_rank_fusion_sees_order_alone() -> None:
    """By ranks, the distance between two values does not matter."""
    near = Case({"milk": 0.2, "tea": 0.21}, fusion=ReciprocalRankFusion(60))
    far = Case({"milk": 0.2, "tea": 0.9}, fusion=ReciprocalRankFusion(60))
    assert near.hits() == far.hits()
    assert (near.hits())[0] == ("tea", approx(0.75 * 61 / 62 + 0.25))


def test_equal_scores_have_one_order() -> None:
    """Ties are broken by id, whichever leg found a memory first."""
    hits = Case({"b": 0.5, "c": 0.5, "a": 0.5}).hits()
    assert [name for name, _ in hits] == ["a", "b", "c"]


def test_weak_and_distant_hits_are_dropped() -> None:
    """A least score and a greatest distance cut what lies beyond, and what has no distance."""
    hits = Case({"a": 0.2, "b": 0.9}, min_score=0.5).hits()
    assert [name for name, _ in hits] == ["a"]
    hits = Case({"a": 0.2, "b": 0.9}, also=("c",), max_distance=0.9).hits()
    assert [name for name, _ in hits] == ["a", "b"]


def test_recency_reorders_what_matches_alike() -> None:
    """With recency, every score still lies within 0 to 1."""
    hits = Case({"milk": 0.2, "tea": 0.4}, recency=RecencyWeights()).hits()
    assert [name for name, _ in hits] == ["tea", "milk"]
    assert all(0 <= score <= 1 for _, score in hits)


def test_signals_add_up_to_the_score() -> None:
    """Every part of a score is explained, and nothing else makes it."""
    case = Case({"milk": 0.2, "tea": 0.4}, parts=(SessionBest(0.5),), recency=RecencyWeights())
    for hit in case.candidates():
        assert sum(signal.contribution for signal in hit.signals) == approx(hit.score)
        assert [signal.name for signal in hit.signals] == [
            *(DENSE, WORDS, "session.best"),
            *("recency.freshness", "recency.novelty"),
        ]


def test_a_silent_part_takes_nothing_away() -> None:
    """A part without anything to say does not count among what could speak for a memory."""
    assert Case({"tea": 0.4}, parts=(Silent(),)).hits() == Case({"tea": 0.4}).hits()


def test_a_full_match_scores_one() -> None:
    """A memory that answers in every respect has the full score, whatever parts there are."""
    [hit] = Case({"tea": 0.0}, parts=(SessionBest(0.5),)).hits()
    assert hit == ("tea", approx(1))


def test_diversity_discounts_repetition() -> None:
    """Of two with the same words, the second gives way to one with others."""
    distances = {"green tea is good": 0.1, "good green tea is": 0.11, "black tea": 0.3}
    plain = [name for name, _ in Case(distances).hits()]
    spread = [name for name, _ in Case(distances, diversity=0.7).hits()]
    assert plain == ["green tea is good", "good green tea is", "black tea"]
    assert spread == ["green tea is good", "black tea", "good green tea is"]


@given(
    st.dictionaries(st.text("abc ", min_size=1), st.floats(0, 2), min_size=1, max_size=8),
    st.floats(0, 1),
)
def test_diversity_keeps_scores_bounded(distances: dict[str, float], diversity: float) -> None:
    """A discount never makes a score negative or greater, and the best keeps its own."""
    plain, spread = Case(distances), Case(distances, diversity=diversity)
    before, after = dict(plain.hits()), dict(spread.hits())
    assert all(0 <= after[name] <= before[name] + 1e-9 for name in before)
    assert max(after.values()) == approx(max(before.values()))


def test_nothing_found_is_nothing() -> None:
    """An empty pool has no hits, whatever the stages."""
    case = Case({}, parts=(SessionBest(1),), recency=RecencyWeights(), diversity=1)
    assert case.hits() == []


@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=60),
    st.integers(0, 61),
    st.booleans(),
)
def test_the_first_hits_are_those_of_the_whole_order(
    scores: list[float], count: int, by_score: bool
) -> None:
    """However few are asked for, and however many score alike."""
    ids = [f"m{(at * 37) % 101}" for at in range(len(scores))]
    sheet = Scoresheet(len(scores))
    sheet.add("one", np.array(scores), np.array(scores))
    table = table_of([Memory(id=each) for each in ids])
    hits = Ordered(table, sheet, None, np.arange(len(scores)))
    best = sorted(zip(scores, ids, strict=True), key=lambda hit: (-hit[0], hit[1]))
    if by_score:
        assert list(hits.ids) == [memory_id for _, memory_id in best]
    assert [hit.memory.id for hit in hits[:count]] == [memory_id for _, memory_id in best[:count]]
    assert [hit.memory.id for hit in hits[1:count]] == [memory_id for _, memory_id in best[1:count]]
