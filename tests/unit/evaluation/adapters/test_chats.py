"""Chats of one's own."""

import json
from pathlib import Path

import pytest

from agent_memory_services.evaluation.adapters import ADAPTERS, Dataset
from agent_memory_services.evaluation.corpus import UnreadableCorpusError

SHIPPED = Path(__file__).parents[3] / "data" / "retrieval_chats.json"


def test_the_shipped_chats_are_read() -> None:
    """The set that guards against regression has both kinds of chat and enough questions."""
    friends, assistant = ADAPTERS[Dataset.CHATS](SHIPPED)
    assert {turn.speaker for turn in friends.turns} == {"Mara", "Tobias"}
    assert {turn.speaker for turn in assistant.turns} == {"user", "assistant"}
    assert len(friends.questions) + len(assistant.questions) >= 40
    assert friends.questions[0].evidence == {"s1:1"}


@pytest.mark.parametrize("evidence", [[], ["s1:99"]])
def test_evidence_that_is_not_there_is_refused(tmp_path: Path, evidence: list[str]) -> None:
    """A data set of one's own is expected to be right."""
    path = tmp_path / "chats.json"
    question = {"text": "?", "kind": "fact", "evidence": evidence}
    path.write_text(json.dumps([{"id": "c", "sessions": [], "questions": [question]}]))
    with pytest.raises(UnreadableCorpusError):
        ADAPTERS[Dataset.CHATS](path)
