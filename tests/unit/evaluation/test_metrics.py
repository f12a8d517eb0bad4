"""What share of the evidence came back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.evaluation.report import Outcome, Recall, percentile, recall


def _about(number: float) -> Any:
    return pytest.approx(number)


def outcome(evidence: str, found: str) -> Outcome:
    """Turns named by single letters."""
    return Outcome("kind", frozenset(evidence), list(found), 0.1)


def test_the_three_measures() -> None:
    """Some, all and the mean share of the evidence, over questions."""
    outcomes = [outcome("ab", "axb"), outcome("c", "yyc"), outcome("de", "zzz")]
    assert recall(outcomes, 2) == Recall(any=_about(1 / 3), all=0, fraction=_about(1 / 6))
    assert recall(outcomes, 3) == Recall(
        any=_about(2 / 3), all=_about(2 / 3), fraction=_about(2 / 3)
    )


_turns = st.text("abcde", max_size=5)


@given(st.lists(st.builds(outcome, st.text("abcde", min_size=1), _turns), min_size=1))
def test_measures_grow_with_depth_and_bound_each_other(outcomes: list[Outcome]) -> None:
    """All is never above the fraction, nor that above any; more hits never mean less."""
    shallow, deep = recall(outcomes, 2), recall(outcomes, 4)
    assert 0 <= shallow.all <= shallow.fraction + 1e-9 <= shallow.any + 2e-9 <= 1 + 2e-9
    assert shallow.fraction <= deep.fraction + 1e-9


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.99, 10), (0.1, 1), (0.0, 1), (1.0, 10)])
def test_percentiles_are_values(share: float, value: float) -> None:
    """A percentile is one of the values: the nearest rank."""
    assert percentile(range(10, 0, -1), share) == value
