"""How much of what people say is found, and how much of what is found was said."""

import pytest

from agent_memory_services.evaluation.judging import Judgement
from tests.unit.extraction.extractors.local.golden import golden, score

# Long, and of functions that other tests reach.
pytestmark = pytest.mark.no_cover

MESSAGES = golden(held_out=False)
KEPT_APART = golden(held_out=True)


def report(name: str, result: Judgement) -> None:
    """Print the numbers and every mistake."""
    print(f"\n{name}: precision {result.precision:.3f}, recall {result.recall:.3f}")  # noqa: T201
    for kind in ("missed", "invented", "wrong"):
        for line in getattr(result, kind):
            print(f"  {kind}: {line}")  # noqa: T201


def test_golden_set_is_large_and_hard() -> None:
    """The set holds at least 150 messages, 60 of them without any fact, and 50 kept apart."""
    assert len(MESSAGES) >= 150
    assert sum(not message.facts for message in MESSAGES) >= 60
    assert len(KEPT_APART) >= 50


def test_golden_messages() -> None:
    """Of the facts found nine in ten are right, and of the right ones four in five are found."""
    result = score(MESSAGES)
    report("golden", result)
    assert result.precision >= 0.90
    assert result.recall >= 0.80
    assert result.wrong == []


def test_messages_kept_apart() -> None:
    """The same holds for messages no rule was made with."""
    result = score(KEPT_APART)
    report("held out", result)
    assert result.precision >= 0.90
    assert result.recall >= 0.80


@pytest.mark.parametrize(
    "message", [m for m in MESSAGES if not m.facts], ids=lambda message: message.id
)
def test_no_fact_from_small_talk(message: object) -> None:
    """Questions, suppositions, quotations, pasted text and small talk yield nothing."""
    assert score([message]).invented == []  # type: ignore[list-item]
