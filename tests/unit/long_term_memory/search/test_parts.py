"""What speaks for a memory besides its own match."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.signals import (
    Evidence,
    NamedEntities,
    Neighbours,
    Part,
    Passage,
    QuestionNames,
    SessionBest,
    SessionCoverage,
)
from agent_memory_services.long_term_memory.search.telling import Kinds
from agent_memory_services.long_term_memory.search.temporal.nearness import TimeNearness, ToldTime
from tests.unit.long_term_memory.search.pools import evidence, pools, said

_QUESTION = "Did Ann drink green tea yesterday?"
_PARTS: list[Part] = [
    Neighbours(1, reach=2, decay=0.5, lone=0.5),
    Passage(1, reach=6, decay=0.9, lone=0.7),
    SessionBest(1),
    SessionCoverage(1),
    NamedEntities(1, QuestionNames(_QUESTION)),
    TimeNearness(1, [(0, 10)]),
    ToldTime(1),
    Kinds(1, [frozenset({"cup"}), frozenset({"tea", "ann"})]),
]
_parts = pytest.mark.parametrize("part", _PARTS, ids=lambda part: part.name)


def _evidence(pool: list[tuple[Memory, float]]) -> Evidence:
    memories, matches = zip(*pool, strict=True)
    return evidence(memories, matches, question=_QUESTION)


@_parts
@given(pools)
def test_parts_are_bounded(part: Part, pool: list[tuple[Memory, float]]) -> None:
    """Each part measures every memory on the scale of 0 to 1."""
    values = part.measure(_evidence(pool))
    assert values is None or len(values) == len(pool)
    assert values is None or ((values >= 0) & (values <= 1 + 1e-9)).all()


@_parts
@given(pools, st.randoms(use_true_random=False))
def test_parts_see_no_order(part: Part, pool: list[tuple[Memory, float]], random: object) -> None:
    """What is measured of a memory does not depend on where it stands among the others."""
    order = list(range(len(pool)))
    random.shuffle(order)  # type: ignore[attr-defined]
    values = part.measure(_evidence(pool))
    turned = [pool[at] for at in order]
    moved = part.measure(_evidence(turned))
    assert (moved is None) is (values is None)
    assert values is None or moved == approx([values[at] for at in order])


def test_neighbours_lift_with_distance() -> None:
    """The nearer a good match, the more it speaks for a message; other sessions say nothing."""
    memories = [said("a", 1), said("a", 2), said("a", 3), said("a", 4), said("b", 2)]
    matches = evidence(memories, [0.9, 0, 0, 0, 0])
    values = Neighbours(1, reach=2, decay=0.5, lone=0.5).measure(matches)
    assert values == approx([0, 0.3, 0.15, 0, 0])


def test_all_neighbours_alike_give_their_match() -> None:
    """It is a mean: in the middle of messages that match alike, it is their match."""
    memories = [said("a", number) for number in range(1, 6)]
    values = Neighbours(1, reach=2, decay=0.5, lone=0.5).measure(evidence(memories, [0.4] * 5))
    assert values[2] == approx(0.4)


def test_a_passage_shares_its_best_match_and_less_of_it_further_away() -> None:
    """Up to its reach, by distance in the session and not in the list of what was found."""
    memories = [said("a", 1), said("a", 2), said("a", 4), said("a", 5), said("b", 1)]
    matches = evidence(memories, [0.8, 0.1, 0.2, 0, 0.4])
    values = Passage(1, reach=3, decay=0.5, lone=0.5).measure(matches)
    assert values == approx([0.05, 0.4, 0.1, 0.1, 0])


@pytest.mark.parametrize("part", [Neighbours, Passage])
def test_a_long_session_beside_the_start_of_another_harms_neither(
    part: type[Neighbours | Passage],
) -> None:
    """Steps back from one session to the next have no finite power, and count for nothing."""
    memories = [said("a", 9_998), said("a", 9_999), said("b", 1), said("b", 2), said("b", 20_000)]
    values = part(1, reach=6, decay=0.9, lone=0.7).measure(evidence(memories, [0.5] * 5))
    assert values is not None
    assert np.isfinite(values).all()
    assert values[:2] == approx(values[2:4])


@pytest.mark.parametrize("part", [Neighbours, Passage])
def test_facts_have_a_part_of_their_own_match(part: type[Neighbours | Passage]) -> None:
    """Without a position there is no before and after, which neither harms a fact nor helps it."""
    memories = [Memory(session_id="a"), Memory(session_id="a")]
    values = part(1, reach=2, decay=0.5, lone=0.5).measure(evidence(memories, [1, 0.3]))
    assert values == approx([0.5, 0.15])


def test_a_session_shares_its_best() -> None:
    """Every memory of a session has its best match; one without a session has its own."""
    memories = [said("a", 1), said("a", 9), said("b", 1), Memory(), Memory()]
    values = SessionBest(1).measure(evidence(memories, [0.2, 0.8, 0.3, 0.5, 0.1]))
    assert values == approx([0.8, 0.8, 0.3, 0.5, 0.1])


def test_sessions_are_told_apart() -> None:
    """The same id in another namespace, or after a deletion, is another session."""
    memories = [
        Memory(session_id="a"),
        Memory(session_id="a", namespace="n"),
        Memory(session_id="a"),
    ]
    memories[2].provenance.session_uid = "second"
    assert SessionBest(1).measure(evidence(memories, [0.9, 0.1, 0.2])) == approx([0.9, 0.1, 0.2])


def test_a_session_covers_together() -> None:
    """Words that are spread over a session count as said in it."""
    memories = [said("a", 1, "green"), said("a", 2, "tea"), said("b", 1, "tea"), said("b", 2)]
    values = SessionCoverage(1).measure(evidence(memories, question="green tea"))
    assert values[:2] == approx([1, 1])
    assert 0 < values[2] == values[3] < 1


def test_speakers_and_entities_are_named() -> None:
    """Who speaks counts, and what was noted; who is merely addressed does not."""
    memories = [
        Memory(text="Ann: I like tea."),
        Memory(text="Ben: Hi Ann!"),
        Memory(text="She likes tea.", entities=["Ann"]),
        Memory(text="Ann Lee said, tea."),
    ]
    values = NamedEntities(1, QuestionNames("What does Ann like?")).measure(evidence(memories))
    assert values == approx([1, 0, 1, 0])


def test_two_names_are_shared_out() -> None:
    """With two known names in the question, one of them is half."""
    memories = [Memory(text="x", entities=["Ann"]), Memory(text="x", entities=["Ben", "Ann"])]
    values = NamedEntities(1, QuestionNames("Are Ann, Ben and Cleo friends?")).measure(
        evidence(memories)
    )
    assert values == approx([0.5, 1])


def test_unknown_names_say_nothing() -> None:
    """A capital that no candidate bears as a name is no name."""
    memories = [Memory(text="Ann: hi"), Memory(text="hi")]
    part = NamedEntities(1, QuestionNames("What does Zoe like?"))
    assert part.measure(evidence(memories)) is None
