"""Reads the golden messages and scores an extractor against them."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent_memory_services.extraction.extractors.base import Candidate, Conversation, Turn
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor

_FILE = Path(__file__).parents[4] / "data" / "extraction_golden.jsonl"
_SAID = "2023-05-08T13:00:00+00:00"


@dataclass(frozen=True)
class Golden:
    """One message, or a short exchange, and the facts a careful reader takes from it."""

    id: str
    conversation: Conversation
    facts: list[dict[str, Any]]
    held_out: bool


@dataclass
class Score:
    """Counts of facts, matched by their exact words."""

    matched: int = 0
    missed: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of the facts found that are right."""
        return self.matched / (self.matched + len(self.invented))

    @property
    def recall(self) -> float:
        """Share of the right facts that are found."""
        return self.matched / (self.matched + len(self.missed))


def golden(*, held_out: bool) -> list[Golden]:
    """Return the messages rules were made with, or those that were kept apart from them."""
    rows = (json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines())
    return [_golden(row) for row in rows if row.get("held_out", False) is held_out]


def score(messages: list[Golden]) -> Score:
    """Run the local extractor over messages and count."""
    extractor, result = LocalExtractor(), Score()
    for message in messages:
        left = extractor.find(message.conversation)
        for fact in message.facts:
            texts = {_key(text) for text in fact["text"].split("|")}
            match = next((one for one in left if _key(one.text) in texts), None)
            if match is None:
                result.missed.append(f"{message.id}: {fact['text']}")
                continue
            left.remove(match)
            result.matched += 1
            result.wrong += [f"{message.id}: {what}" for what in _differences(fact, match)]
        result.invented += [f"{message.id}: {one.text}" for one in left]
    return result


def _golden(row: dict[str, Any]) -> Golden:
    said = datetime.fromisoformat(row.get("at", _SAID))
    turns = row.get("turns") or [{"role": "user", "text": row["text"]}]
    conversation = Conversation(
        [Turn(message_id=str(index), at=said, **turn) for index, turn in enumerate(turns)],
        time_zone=ZoneInfo(row["tz"]) if "tz" in row else None,
    )
    facts = [{"text": fact} if isinstance(fact, str) else fact for fact in row["facts"]]
    return Golden(row["id"], conversation, facts, row.get("held_out", False))


def _differences(fact: dict[str, Any], candidate: Candidate) -> list[str]:
    """Return what a candidate says otherwise than the golden fact, attribute by attribute."""
    when = candidate.event_time
    actual = {
        "kind": candidate.kind.value,
        "standing": candidate.standing,
        "slot": candidate.slot,
        "precision": when.precision.value if when else None,
    }
    starts = {
        "event": when.start.isoformat() if when else "",
        "expires": candidate.expire_time.isoformat() if candidate.expire_time else "",
    }
    wrong = [
        f"{key} {actual[key]!r}" for key in actual if fact.get(key, actual[key]) != actual[key]
    ]
    wrong += [
        f"{key} {starts[key]}" for key in starts if not starts[key].startswith(fact.get(key, ""))
    ]
    missing = set(fact.get("entities", ())) - set(candidate.entities)
    return wrong + [f"no entity {name}" for name in missing]


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
