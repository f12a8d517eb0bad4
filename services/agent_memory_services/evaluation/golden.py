"""Messages with the facts that a careful reader takes from them.

One JSON object on each line of a file:

    {"id": "p1", "text": "I moved to Bonn.", "facts": ["User lives in Bonn|User moved to Bonn"]}

`turns` in the place of `text` gives an exchange: objects with `role`, `text` and, where speakers
have names, `name`. `at` says when it was said and `tz` in which IANA zone. A fact is its wording,
with other wordings that are as good behind `|`, or an object with that as `text` and what else
must be true of it: `kind`, `standing`, `slot`, `event`, `precision`, `expires`, `entities`. An
empty list of facts is a claim too: nothing is to be found. `held_out` marks messages that no rule
was made with.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent_memory_services.evaluation.corpus import UnreadableCorpusError

SHIPPED: Final[Traversable] = files("agent_memory_services.evaluation").joinpath(
    "data/extraction_golden.jsonl"
)
_SAID: Final = "2023-05-08T13:00:00+00:00"


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """One message: who says what."""

    role: str
    text: str
    name: str = ""
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class GoldenFact:
    """A fact to be found.

    Attributes:
        wordings: texts that all say it; at least one.
        properties: what else must be true of it.
    """

    wordings: Sequence[str]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Golden:
    """A message, or a short exchange, and its facts.

    Attributes:
        id: names it within the file.
        turns: the messages, oldest first.
        said: when they were said.
        zone: the speakers' zone; None is UTC.
        facts: what is to be found; nothing, where this is empty.
        held_out: no rule was made with it.
    """

    id: str
    turns: Sequence[SpokenTurn]
    said: datetime
    zone: tzinfo | None
    facts: Sequence[GoldenFact]
    held_out: bool


def read_golden(source: Traversable = SHIPPED) -> list[Golden]:
    """Return the messages of a file; without one, those that are shipped.

    Raises:
        UnreadableCorpusError: the file holds something else.
        OSError: it cannot be read.
    """
    lines = source.read_text(encoding="utf-8").splitlines()
    return [
        _golden(line, f"{source}:{number}") for number, line in enumerate(lines, 1) if line.strip()
    ]


def _golden(line: str, place: str) -> Golden:
    try:
        row = json.loads(line)
        turns = row.get("turns") or [{"role": "user", "text": row["text"]}]
        return Golden(
            id=row["id"],
            turns=[SpokenTurn(**turn) for turn in turns],
            said=datetime.fromisoformat(row.get("at", _SAID)),
            zone=ZoneInfo(row["tz"]) if "tz" in row else None,
            facts=[_fact(fact) for fact in row["facts"]],
            held_out=row.get("held_out", False),
        )
    except (AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise UnreadableCorpusError(f"{place} is no golden message") from error


def _fact(written: str | dict[str, Any]) -> GoldenFact:
    properties = {"text": written} if isinstance(written, str) else dict(written)
    return GoldenFact(properties.pop("text").split("|"), properties)
