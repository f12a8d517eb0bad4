"""Rewording: rules that are tried only on texts that hold what they need."""

import tomllib
from pathlib import Path

import pytest

from agent_memory_services.language.en import wordings

_PAIRS = Path(__file__).parents[2] / "data" / "consolidation_pairs.toml"


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bTeam lead\b", "team lead"),
        (r"^(User|I) renamed (?:a|b) to", " renamed "),
        (r"(?:got|was) an?(?: x)? job", " job"),
        (r"(?<=\d) ?([ap])\.?m\b", "m"),
        (r"a{0,2}bc{1,3}d", "bc"),
        (r"x\.y\(z|[a\]b]", ""),
        (r"x\.y\([a\])]", "x.y("),
        (r"\w+ly.? \1", "ly"),
    ],
)
def test_what_a_rule_needs_is_read_from_its_pattern(pattern: str, needed: str) -> None:
    """The longest of what stands outside of groups; nothing where it is one thing or another."""
    assert wordings._needed(pattern) == needed


def test_a_rule_that_is_not_tried_would_not_fit() -> None:
    """All rules, one after the other, make the same of a text."""
    groups = tomllib.loads(_PAIRS.read_text(encoding="utf-8")).values()
    texts = {text for pairs in groups for pair in pairs for text in pair}
    for text in texts:
        plain = text
        for _, pattern, replacement in wordings._REWRITING:
            plain = pattern.sub(replacement, plain)
        assert wordings.reworded(text) == plain
