"""LongMemEval (Wu et al., 2025): a question each, over a haystack of chats with an assistant.

The turns with `has_answer` are the evidence. Questions that are to be declined have none and are
set aside.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent_memory_services.evaluation import corpus
from agent_memory_services.evaluation.adapters.documents import document


def read(path: Path) -> Sequence[corpus.Conversation]:
    """Return one conversation for each question of a LongMemEval file; see `adapters.Adapter`."""
    with document(path, "LongMemEval questions") as entries:
        return [_conversation(entry) for entry in entries]


def _conversation(entry: Mapping[str, Any]) -> corpus.Conversation:
    marked = list(_turns(entry))
    evidence = frozenset(turn.id for turn, answers in marked if answers)
    question = corpus.Question(
        entry["question"], entry["question_type"], evidence, _moment(entry["question_date"])
    )
    return corpus.Conversation(
        id=entry["question_id"],
        turns=[turn for turn, _ in marked],
        questions=[question] if evidence else [],
        set_aside=int(not evidence),
    )


def _turns(entry: Mapping[str, Any]) -> Iterator[tuple[corpus.Turn, bool]]:
    """Yield each turn, and whether it answers the question."""
    sessions = zip(
        entry["haystack_session_ids"],
        entry["haystack_dates"],
        entry["haystack_sessions"],
        strict=True,
    )
    for session_id, date, turns in sessions:
        for number, turn in enumerate(turns):
            yield (
                corpus.Turn(
                    f"{session_id}:{number}",
                    session_id,
                    turn["role"],
                    turn["content"],
                    _moment(date),
                ),
                turn.get("has_answer", False),
            )


def _moment(written: str) -> datetime:
    """Return a moment written as `2023/05/20 (Sat) 02:21`."""
    day, _, clock = written.split()
    return datetime.strptime(f"{day} {clock}", "%Y/%m/%d %H:%M").replace(tzinfo=UTC)
