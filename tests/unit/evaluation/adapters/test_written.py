"""Scripts of conversations, with marked evidence."""

from pathlib import Path

import pytest

from agent_memory_services.evaluation.adapters import ADAPTERS, Dataset, written
from agent_memory_services.evaluation.corpus import UnreadableCorpusError

SCRIPT = """
= runs / a | A=Ann B=Ben
@ 2024-03-02 18:00
A: we took a dog {dog}
A: called Rex {dog name}
@ 2024-03-01 18:00
B: hi
? several | Which dog is it? | dog
? one | What is its name? | name
= kinds / a | A=Ada
@ 2024-03-01 09:00
A: morning
"""


def test_marks_are_the_evidence_and_days_the_order(tmp_path: Path) -> None:
    """Scripts of one owner are one conversation, and a mark is every line that bears it."""
    path = tmp_path / "scripts.txt"
    path.write_text(SCRIPT)
    (owner,) = ADAPTERS[Dataset.WRITTEN](path)
    said = [(turn.id, turn.speaker, turn.text) for turn in owner.turns]
    assert said == [
        ("kinds:0", "Ada", "morning"),
        ("runs:2", "Ben", "hi"),
        ("runs:0", "Ann", "we took a dog"),
        ("runs:1", "Ann", "called Rex"),
    ]
    several, one = owner.questions
    assert (several.kind, several.evidence) == ("runs: several", {"runs:0", "runs:1"})
    assert (one.text, one.evidence) == ("What is its name?", {"runs:1"})


@pytest.mark.parametrize(
    "line", ["A: first", "= runs / a | A=Ann\nB: who", f"{SCRIPT}? one | Why? | unknown"]
)
def test_what_is_no_script_is_refused(tmp_path: Path, line: str) -> None:
    """A line before any script, a speaker without a name, and a mark that no line bears."""
    path = tmp_path / "scripts.txt"
    path.write_text(line)
    with pytest.raises(UnreadableCorpusError, match=r"scripts\.txt"):
        ADAPTERS[Dataset.WRITTEN](path)


def test_the_shipped_scripts_have_four_styles_and_ten_languages() -> None:
    """A few hundred questions, of which many need more than one line."""
    owners = {owner.id: owner for owner in written.shipped()}
    asked = [question for owner in owners.values() for question in owner.questions]
    styles = {question.kind.partition(":")[0] for question in asked}
    assert {"runs", "technical", "months", "kinds"} < styles
    assert len(styles) >= len({"runs", "technical", "months", "kinds"}) + 10
    assert len(asked) > 300
    for owner in owners.values():
        assert len({turn.id for turn in owner.turns}) == len(owner.turns)
