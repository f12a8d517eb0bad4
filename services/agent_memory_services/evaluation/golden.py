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
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent_memory_services.evaluation.corpus import UnreadableCorpusError
from agent_memory_services.evaluation.matching import Content

_DATA: Final[Traversable] = files("agent_memory_services.evaluation").joinpath("data")
SHIPPED: Final = _DATA.joinpath("extraction_golden.jsonl")
"""Messages whose facts are matched by their exact words."""
_NAMED: Final = ("extraction_", ".jsonl")
_LANGUAGE: Final = "en"
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
    """A fact to be found, told by its wordings or by its content.

    Attributes:
        wordings: texts that all say it; none where `content` tells it.
        properties: what else must be true of it.
        content: words of every text that says it.
    """

    wordings: Sequence[str]
    properties: Mapping[str, Any]
    content: Content | None = None

    def __str__(self) -> str:
        """Return its first wording, or the parts of its content."""
        if self.content is None:
            return self.wordings[0]
        parts = " + ".join("|".join(part) for part in self.content.says)
        return f"{parts} - {', '.join(self.content.lacks)}" if self.content.lacks else parts

    def is_stated_by(self, text: str) -> bool:
        """Return true if a text says it."""
        if self.content is not None:
            return self.content.is_in(text)
        return _key(text) in map(_key, self.wordings)


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
        also: what is true and need not be found.
        language: ISO 639-1 code of the language that it is written in.
        style: name of the manner that it is written in; empty where the file has none.
    """

    id: str
    turns: Sequence[SpokenTurn]
    said: datetime
    zone: tzinfo | None
    facts: Sequence[GoldenFact]
    held_out: bool
    also: Sequence[GoldenFact] = ()
    language: str = _LANGUAGE
    style: str = ""


def shipped() -> list[Traversable]:
    """Return the shipped files of golden messages, by name."""
    start, end = _NAMED
    names = sorted(file.name for file in _DATA.iterdir())
    return [_DATA.joinpath(name) for name in names if name.startswith(start) and name.endswith(end)]


def read_golden(source: Traversable = SHIPPED) -> list[Golden]:
    """Return the messages of a file; without one, those whose facts are matched by exact words.

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
        language = row.get("language", _LANGUAGE)
        return Golden(
            id=row["id"],
            turns=[SpokenTurn(**turn) for turn in turns],
            said=datetime.fromisoformat(row.get("at", _SAID)),
            zone=ZoneInfo(row["tz"]) if "tz" in row else None,
            facts=[_fact(fact, language) for fact in row["facts"]],
            held_out=row.get("held_out", False),
            also=[_fact(fact, language) for fact in row.get("also", ())],
            language=language,
            style=row.get("style", ""),
        )
    except (AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise UnreadableCorpusError(f"{place} is no golden message") from error


def _fact(written: str | dict[str, Any], language: str) -> GoldenFact:
    properties = {"text": written} if isinstance(written, str) else dict(written)
    if "says" not in properties:
        return GoldenFact(properties.pop("text").split("|"), properties)
    says = [part.split("|") for part in properties.pop("says")]
    if not says or not all(map(all, says)):
        raise ValueError("a fact says nothing")
    content = Content(says, properties.pop("lacks", ()), language)
    return GoldenFact((), properties, content)


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
