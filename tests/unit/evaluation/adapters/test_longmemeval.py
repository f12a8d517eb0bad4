"""LongMemEval files."""

import json
from datetime import UTC, datetime
from pathlib import Path

from agent_memory_services.evaluation.adapters import ADAPTERS, Dataset

_ENTRY = {
    "question_id": "q1",
    "question_type": "single-session-user",
    "question": "Which tea?",
    "question_date": "2023/06/01 (Thu) 10:00",
    "haystack_session_ids": ["s1", "s2"],
    "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 03:00"],
    "haystack_sessions": [
        [
            {"role": "user", "content": "Green tea.", "has_answer": True},
            {"role": "assistant", "content": "Noted."},
        ],
        [{"role": "user", "content": "Bye.", "has_answer": False}],
    ],
}
_DECLINED = {
    **_ENTRY,
    "question_id": "q2_abs",
    "haystack_sessions": [[], [{"role": "user", "content": "Bye."}]],
}


def test_each_question_has_its_haystack(tmp_path: Path) -> None:
    """Turns keep their sessions and times, the marked ones are the evidence."""
    path = tmp_path / "longmemeval.json"
    path.write_text(json.dumps([_ENTRY, _DECLINED]))
    answered, declined = ADAPTERS[Dataset.LONGMEMEVAL](path)
    assert [(turn.id, turn.speaker) for turn in answered.turns] == [
        ("s1:0", "user"),
        ("s1:1", "assistant"),
        ("s2:0", "user"),
    ]
    assert answered.turns[0].said == datetime(2023, 5, 20, 2, 21, tzinfo=UTC)
    [question] = answered.questions
    assert question.evidence == {"s1:0"}
    assert question.kind == "single-session-user"
    assert question.asked == datetime(2023, 6, 1, 10, tzinfo=UTC)
    assert not declined.questions
    assert declined.set_aside == 1
