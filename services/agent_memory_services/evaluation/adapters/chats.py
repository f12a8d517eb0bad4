"""Chats in the plainest form, for your own data sets.

    [{"id": "...",
      "sessions": [{"id": "s1", "said": "2024-03-01T09:00:00Z",
                    "turns": [["Ann", "What Ann says."], ["Ben", "What Ben says."]]}],
      "questions": [{"text": "...", "kind": "...", "evidence": ["s1:0"], "asked": "..."}]}]

Evidence names a session and the position of a turn in it, from 0; `asked` may be left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from agent_memory_services.evaluation import corpus
from agent_memory_services.evaluation.adapters.documents import document


def read(path: Path) -> Sequence[corpus.Conversation]:
    """Return the chats of a file; see `adapters.Adapter`. Missing evidence is an error."""
    with document(path, "chats") as chats:
        return [_conversation(chat) for chat in chats]


def _conversation(chat: Mapping[str, Any]) -> corpus.Conversation:
    turns = list(_turns(chat["sessions"]))
    known = {turn.id for turn in turns}
    return corpus.Conversation(
        chat["id"], turns, [_question(entry, known) for entry in chat["questions"]]
    )


def _turns(sessions: Sequence[Mapping[str, Any]]) -> Iterator[corpus.Turn]:
    for session in sessions:
        said = datetime.fromisoformat(session["said"])
        for number, (speaker, text) in enumerate(session["turns"]):
            yield corpus.Turn(f"{session['id']}:{number}", session["id"], speaker, text, said)


def _question(entry: Mapping[str, Any], known: set[str]) -> corpus.Question:
    evidence = frozenset(entry["evidence"])
    if not evidence or not evidence <= known:
        raise ValueError(f"no such turns: {sorted(evidence - known)}")
    asked = datetime.fromisoformat(entry["asked"]) if "asked" in entry else None
    return corpus.Question(entry["text"], entry["kind"], evidence, asked)
