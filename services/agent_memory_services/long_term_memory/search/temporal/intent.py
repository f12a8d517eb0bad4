"""Reader of the times that a question speaks of."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Final

from agent_memory_services.long_term_memory.search.temporal import grammar

_SINCE: Final = re.compile(r"^since\b", re.IGNORECASE)
_WORDS: Final = re.compile("[a-z]+|[0-9]")
_AFTER_SINCE: Final = re.compile(r"\bsince\W+$", re.IGNORECASE)
_WHEN: Final = re.compile(
    r"\b(?:when|how long|what (?:date|day|month|year|time)|which (?:date|day|month|year))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SpokenTime:
    """A time that a question speaks of.

    Attributes:
        phrase: the words that were understood.
        start: its first moment.
        end: the first moment after it.
    """

    phrase: str
    start: datetime
    end: datetime


def asks_when(question: str) -> bool:
    """Return true if a question looks for a time."""
    return bool(_WHEN.search(question))


def spoken_times(question: str, asked: datetime) -> list[SpokenTime]:
    """Return the times of a question, in the order in which they are written.

    Args:
        question: the question.
        asked: when it was asked, in the zone that its times are meant in.
    """
    if grammar.TELLING.isdisjoint(_WORDS.findall(question.casefold())):
        return []
    taken: list[tuple[int, SpokenTime]] = []
    for pattern, resolve in grammar.RULES:
        for match in pattern.finditer(question):
            span = _resolved(resolve, match, asked.date())
            if span is not None:
                taken.append((match.start(), _spoken(match, span, asked)))
                # A later, less telling rule must not read a part of it once more.
                question = _blanked(question, match)
    return [spoken for _, spoken in sorted(taken, key=lambda found: found[0])]


def _resolved(resolve: grammar.Resolve, match: re.Match[str], today: date) -> grammar.Span | None:
    try:
        return resolve(match, today)
    except (ValueError, OverflowError):
        return None  # The thirtieth of February, or a year before the calendar.


def _spoken(match: re.Match[str], span: grammar.Span, asked: datetime) -> SpokenTime:
    start, end = (_midnight(day, asked.tzinfo) for day in (span.start, span.end))
    if _SINCE.search(match[0]) or _AFTER_SINCE.search(match.string[: match.start()]):
        end = max(end, asked)
    return SpokenTime(match[0], start, end)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time(), zone)


def _blanked(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]
