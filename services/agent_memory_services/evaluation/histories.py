"""Histories: dated statements of one user, or of several, and what is to be believed after them.

One JSON object on each line of a file:

    {"id": "home-1", "kind": "home",
     "statements": [{"at": "2024-03-01T09:00:00Z", "text": "I live in Turku."},
                    {"at": "2024-09-01T09:00:00Z", "text": "I moved to Oulu."}],
     "expects": {"current": [{"says": ["Oulu"]}],
                 "not_current": [{"says": ["live", "Turku"], "lacks": ["NOT"]}],
                 "past": [{"says": ["Turku"]}],
                 "as_of": [{"at": "2024-03-02T09:00:00Z", "current": [{"says": ["Turku"]}]}]}}

`via` of a statement says how it is told: `chat`, `create` or `both`, the default. `event` is the
day on which what it tells happened, for a record. `owner` of a statement and of an expectation
names whose it is, where a history has several owners. An expectation is told by its content, as in
`matching`. Among those of `distinct`, `count` says how many memories state it, with `ended` also
of those that are over. `past` can be found though it is over; `gone` is not kept at all. `asked`
is the moment at which beliefs are compared, a day after the last statement unless it is given.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from agent_memory_services.evaluation.corpus import UnreadableCorpusError
from agent_memory_services.evaluation.matching import Content

_DATA: Final[Traversable] = files("agent_memory_services.evaluation").joinpath("data")
SHIPPED_HISTORIES: Final[Traversable] = _DATA.joinpath("truth_histories.jsonl")
SHIPPED_CORRECTIONS: Final[Traversable] = _DATA.joinpath("truth_corrections.jsonl")
"""Histories of two statements, of which the second corrects, denies or ends the first."""
_BOTH: Final = "both"
_AFTER: Final = timedelta(days=1)
_LANGUAGE: Final = "en"


class Way(StrEnum):
    """Ways in which a statement reaches the memory."""

    CHAT = "chat"
    """As a message of a conversation, from which facts are extracted."""
    CREATE = "create"
    """As a memory that the application stores."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that an owner says, or that is stored about one.

    Attributes:
        said: when.
        text: the words.
        ways: how it is told.
        owner: whose statement it is; empty where a history has one owner.
        event: the day on which it happened, of a record that tells of an event.
    """

    said: datetime
    text: str
    ways: frozenset[Way] = frozenset(Way)
    owner: str = ""
    event: date | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """Content of a memory, and whose memory it is.

    Attributes:
        content: words that tell it.
        owner: whose it is.
        count: number of memories that state it.
        ended: whether memories that are over are counted as well.
    """

    content: Content
    owner: str = ""
    count: int = 1
    ended: bool = False

    def __str__(self) -> str:
        """Return its parts, and what it must lack, in one line."""
        parts = " + ".join("|".join(part) for part in self.content.says)
        return f"{self.owner}: {parts}" if self.owner else parts


@dataclass(frozen=True, slots=True)
class Expected:
    """Beliefs that hold at a moment, and those that do not."""

    at: datetime
    current: Sequence[Belief]
    not_current: Sequence[Belief]


@dataclass(frozen=True, slots=True)
class History:
    """Statements in the order in which they were made, and what follows from them.

    Attributes:
        id: names it within the file.
        kind: the class in which it is counted.
        statements: the statements.
        last: what is believed after the last of them.
        past: what is over and can be found all the same.
        gone: what is not kept, neither as current nor as past.
        distinct: what a certain number of memories state.
        earlier: what was believed at moments before.
    """

    id: str
    kind: str
    statements: Sequence[Statement]
    last: Expected
    past: Sequence[Belief] = ()
    gone: Sequence[Belief] = ()
    distinct: Sequence[Belief] = ()
    earlier: Sequence[Expected] = ()

    def told(self, way: Way) -> list[Statement]:
        """Return the statements that are told in a way; none where it is not told so."""
        return [statement for statement in self.statements if way in statement.ways]

    @property
    def owners(self) -> list[str]:
        """Owners of its statements, in order of appearance."""
        return list(dict.fromkeys(statement.owner for statement in self.statements))


def read_histories(source: Traversable = SHIPPED_HISTORIES) -> list[History]:
    """Return the histories of a file; without one, those that are shipped, but for corrections.

    Raises:
        UnreadableCorpusError: the file holds something else.
        OSError: it cannot be read.
    """
    lines = source.read_text(encoding="utf-8").splitlines()
    return [
        _history(line, f"{source}:{number}") for number, line in enumerate(lines, 1) if line.strip()
    ]


def _history(line: str, place: str) -> History:
    try:
        row = json.loads(line)
        language = row.get("language", _LANGUAGE)
        statements = [_statement(each) for each in row["statements"]]
        expects = row["expects"]
        asked = (
            datetime.fromisoformat(row["asked"])
            if "asked" in row
            else max(statement.said for statement in statements) + _AFTER
        )
        history = History(
            id=row["id"],
            kind=row["kind"],
            statements=statements,
            last=_expected(expects, asked, language),
            **{name: _beliefs(expects, name, language) for name in ("past", "gone", "distinct")},
            earlier=[
                _expected(each, datetime.fromisoformat(each["at"]), language)
                for each in expects.get("as_of", ())
            ],
        )
        _check(history)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableCorpusError(f"{place} is no history: {error}") from error
    return history


def _statement(row: Mapping[str, Any]) -> Statement:
    via = row.get("via", _BOTH)
    return Statement(
        said=datetime.fromisoformat(row["at"]),
        text=row["text"],
        ways=frozenset(Way) if via == _BOTH else frozenset({Way(via)}),
        owner=row.get("owner", ""),
        event=date.fromisoformat(row["event"]) if "event" in row else None,
    )


def _expected(row: Mapping[str, Any], at: datetime, language: str) -> Expected:
    return Expected(at, *(_beliefs(row, name, language) for name in ("current", "not_current")))


def _beliefs(row: Mapping[str, Any], name: str, language: str) -> list[Belief]:
    return [_belief(each, language) for each in row.get(name, ())]


def _belief(row: Mapping[str, Any], language: str) -> Belief:
    says = [part.split("|") for part in row["says"]]
    if not says or not all(map(all, says)):
        raise ValueError("an expectation says nothing")
    content = Content(says, row.get("lacks", ()), language)
    return Belief(content, row.get("owner", ""), row.get("count", 1), row.get("ended", False))


def _check(history: History) -> None:
    """Refuse expectations of owners who say nothing, and histories that expect nothing."""
    every = [
        *(history.past, history.gone, history.distinct),
        *(side for each in (history.last, *history.earlier) for side in _sides(each)),
    ]
    owners = {belief.owner for beliefs in every for belief in beliefs}
    if not owners:
        raise ValueError("nothing is expected")
    if strange := owners.difference(history.owners):
        raise ValueError(f"nothing is said by {', '.join(sorted(strange))}")


def _sides(expected: Expected) -> tuple[Sequence[Belief], Sequence[Belief]]:
    return expected.current, expected.not_current
