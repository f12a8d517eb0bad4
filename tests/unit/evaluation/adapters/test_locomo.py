"""LoCoMo files."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_memory_services.evaluation.adapters import ADAPTERS, Dataset
from agent_memory_services.evaluation.corpus import Conversation, UnreadableCorpusError

_SAMPLE = {
    "sample_id": "conv-0",
    "conversation": {
        "speaker_a": "Ann",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ann", "dia_id": "D1:1", "text": "Hi!"},
            {"speaker": "Ben", "dia_id": "D1:2", "text": "Hello.", "blip_caption": "a cat"},
        ],
        "session_2_date_time": "9:00 am on 1 June, 2023",
        "session_2": [{"speaker": "Ann", "dia_id": "D2:1", "text": "Back."}],
    },
    "qa": [
        {"question": "Who?", "evidence": ["D1:1; D2:01"], "category": 1},
        {"question": "When?", "evidence": ["D:1:2", "D7:7"], "category": 5},
        {"question": "What?", "evidence": ["D9:9"], "category": 2},
    ],
}


@pytest.fixture
def conversation(tmp_path: Path) -> Conversation:
    """The conversation of a file with one."""
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps([_SAMPLE]))
    [conversation] = ADAPTERS[Dataset.LOCOMO](path)
    return conversation


def test_turns_are_read_in_order(conversation: Conversation) -> None:
    """Every turn has its speaker, text, session and the session's time."""
    assert [(turn.id, turn.session_id, turn.speaker, turn.text) for turn in conversation.turns] == [
        ("D1:1", "session_1", "Ann", "Hi!"),
        ("D1:2", "session_1", "Ben", "Hello."),
        ("D2:1", "session_2", "Ann", "Back."),
    ]
    assert conversation.turns[0].said == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)


def test_evidence_is_read_however_it_is_spelt(conversation: Conversation) -> None:
    """Misspelt turns are understood, absent ones dropped, and questions without any set aside."""
    assert [(question.text, question.evidence) for question in conversation.questions] == [
        ("Who?", {"D1:1", "D2:1"}),
        ("When?", {"D1:2"}),
    ]
    assert conversation.set_aside == 1


def test_adversarial_questions_count_in_their_class_alone(conversation: Conversation) -> None:
    """Their evidence answers another question."""
    assert [question.counts for question in conversation.questions] == [True, False]


@pytest.mark.parametrize("content", ["", "[{}]", '{"a": 1}', "[1]"])
@pytest.mark.parametrize("dataset", Dataset)
def test_other_files_are_refused(tmp_path: Path, dataset: Dataset, content: str) -> None:
    """A file of another kind is one clear error, whatever is wrong with it."""
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(UnreadableCorpusError, match="does not hold"):
        ADAPTERS[dataset](path)
