"""LoCoMo (Maharana et al., 2024): two people who chat for months, and questions about it.

A picture that somebody shares is left out, as a text memory would leave it out. Evidence names
turns such as `D3:12`; some of it is misspelt or names turns that are not there. What can be read
is used, and a question without any is set aside. Adversarial questions ask one speaker about what
the other did; their evidence answers another question, so they count in their own class alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from agent_memory_services.evaluation import corpus
from agent_memory_services.evaluation.adapters.documents import document

_KINDS: Final = {
    1: "1 multi-hop",
    2: "2 temporal",
    3: "3 open domain",
    4: "4 single-hop",
    5: "5 adversarial",
}
_ADVERSARIAL: Final = 5
_TURN: Final = re.compile(r"D:?(\d+):(\d+)")


def read(path: Path) -> Sequence[corpus.Conversation]:
    """Return the conversations of a LoCoMo file; see `adapters.Adapter`."""
    with document(path, "LoCoMo conversations") as samples:
        return [_conversation(sample) for sample in samples]


def _conversation(sample: Mapping[str, Any]) -> corpus.Conversation:
    turns = list(_turns(sample["conversation"]))
    known = {turn.id for turn in turns}
    questions = [_question(entry, known) for entry in sample["qa"]]
    answered = [question for question in questions if question.evidence]
    return corpus.Conversation(sample["sample_id"], turns, answered, len(questions) - len(answered))


def _turns(conversation: Mapping[str, Any]) -> Iterator[corpus.Turn]:
    for number in count(1):
        session = f"session_{number}"
        if session not in conversation:
            return
        written = conversation[f"{session}_date_time"]
        said = datetime.strptime(f"{written} +0000", "%I:%M %p on %d %B, %Y %z")
        for turn in conversation[session]:
            yield corpus.Turn(turn["dia_id"], session, turn["speaker"], turn["text"], said)


def _question(entry: Mapping[str, Any], known: set[str]) -> corpus.Question:
    named = (
        f"D{int(session)}:{int(turn)}"
        for written in entry.get("evidence", ())
        for session, turn in _TURN.findall(written)
    )
    category = entry["category"]
    return corpus.Question(
        entry["question"],
        _KINDS[category],
        frozenset(named) & known,
        counts=category != _ADVERSARIAL,
    )
