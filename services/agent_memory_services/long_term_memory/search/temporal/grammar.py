"""Grammar of the phrases that name a time, and the spans they name.

Only what can hardly mean anything else is read: no bare numbers, no month that is also a verb
unless it is written as a month, no season or year without a word that makes it a time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from agent_memory_services.language.en.words import MONTH_NAMES, WEEKDAY_NAMES

_ONE_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(weeks=1)
_MONTHS_PER_YEAR: Final = 12
_MONTHS_PER_SEASON: Final = 3
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` until before `end`."""

    start: date
    end: date


def day(first: date) -> Span:
    """Return one day."""
    return Span(first, first + _ONE_DAY)


def week(within: date) -> Span:
    """Return the week of a day, from Monday."""
    start = within - within.weekday() * _ONE_DAY
    return Span(start, start + _WEEK)


def weekend(within: date) -> Span:
    """Return the Saturday and Sunday of a day's week."""
    start = week(within).start + _SATURDAY * _ONE_DAY
    return Span(start, start + 2 * _ONE_DAY)


def month(year: int, number: int) -> Span:
    """Return a month; `number` may lie outside 1 to 12 and then counts into other years."""
    return _months(year, number, 1)


def season(year: int, number: int) -> Span:
    """Return a quarter from March (0), June (1), September (2) or December (3) on."""
    return _months(year, _MONTHS_PER_SEASON * (number + 1), _MONTHS_PER_SEASON)


def year(number: int) -> Span:
    """Return a year."""
    return _months(number, 1, _MONTHS_PER_YEAR)


def _months(year: int, number: int, count: int) -> Span:
    return Span(_first(year, number), _first(year, number + count))


def _first(year: int, number: int) -> date:
    years, months = divmod(number - 1, _MONTHS_PER_YEAR)
    return date(year + years, months + 1, 1)


Resolve = Callable[[re.Match[str], date], Span | None]
"""The span that a match means, as seen from a day; None when it means none.

Raises:
    ValueError: there is no such day.
    OverflowError: the calendar does not reach so far.
"""

_SHORT_MONTHS: Final = {name[:3]: number for number, name in enumerate(MONTH_NAMES, 1)}
_SEASONS: Final = {"spring": 0, "summer": 1, "autumn": 2, "fall": 2, "winter": 3}
_COUNTED: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS: Final = {"a": 1, "an": 1} | {name: number for number, name in enumerate(_COUNTED, 1)}
_VAGUE: Final = {"few": 3, "couple of": 2, "couple": 2}

_MONTH: Final = rf"(?P<month>{'|'.join(MONTH_NAMES)}|(?:{'|'.join(_SHORT_MONTHS)}|sept)\b\.?)"
_DAY: Final = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_SEASON: Final = rf"(?P<season>{'|'.join(_SEASONS)})"
_NUMBER: Final = rf"(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_ROUGHLY: Final = rf"(?P<number>\d{{1,3}}|{'|'.join((*_NUMBERS, *_VAGUE))})"
_UNIT: Final = r"(?P<unit>day|week|month|year)s?"
_STEP: Final = r"(?P<step>last|past|previous|this|current|next|coming)"
_AT: Final = (
    r"(?:in|during|of|since|from|until|till|by|before|after|around|throughout|through|early|late|"
    r"mid)[ -]"
)

_LATER: Final = frozenset({"next", "coming"})
_EARLIER: Final = frozenset({"last", "past", "previous"})
_VERBS: Final = frozenset({"may", "march"})
_ROUGH_DAYS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}


def _full_date(match: re.Match[str], _: date) -> Span:
    return _dated(match, int(match["year"]))


def _day_of_month(match: re.Match[str], today: date) -> Span | None:
    if _is_verb(match["month"]):
        return None
    found = _dated(match, today.year)
    return _dated(match, today.year - 1) if found.start > today else found


def _month_of_year(match: re.Match[str], _: date) -> Span:
    return month(int(match["year"]), _month_number(match["month"]))


def _month(match: re.Match[str], today: date) -> Span | None:
    if _is_verb(match["month"]):
        return None
    number = _month_number(match["month"])
    later = (match["step"] or "").lower() in _LATER
    ahead = number > today.month
    year = today.year + (not ahead) if later else today.year - ahead
    return month(year, number)


def _season_of_year(match: re.Match[str], _: date) -> Span:
    return season(int(match["year"]), _SEASONS[match["season"].lower()])


def _season(match: re.Match[str], today: date) -> Span:
    number = _SEASONS[match["season"].lower()]
    step = match["step"].lower()
    around = [season(year, number) for year in range(today.year - 2, today.year + 2)]
    if step in _LATER:
        return next(span for span in around if span.start > today)
    begun = [span for span in around if span.start <= today]
    running = begun[-1].end > today
    return begun[-2] if running and step in _EARLIER else begun[-1]


def _year(match: re.Match[str], _: date) -> Span:
    return year(int(match["year"]))


def _named_day(match: re.Match[str], today: date) -> Span:
    offsets = {"today": 0, "tonight": 0, "yesterday": -1, "last night": -1, "tomorrow": 1}
    return day(today + timedelta(days=offsets[match["name"].lower()]))


def _stepped(match: re.Match[str], today: date) -> Span:
    step, unit = match["step"].lower(), match["unit"].lower()
    by = 1 if step in _LATER else -1 if step in _EARLIER else 0
    if unit == "year":
        return year(today.year + by)
    if unit == "month":
        return month(today.year, today.month + by)
    within = today + timedelta(weeks=by)
    return weekend(within) if unit == "weekend" else week(within)


def _weekday(match: re.Match[str], today: date) -> Span:
    number = WEEKDAY_NAMES.index(match["weekday"].lower())
    if match["step"].lower() in _LATER:
        return day(today + timedelta(days=(number - today.weekday() - 1) % 7 + 1))
    return day(today - timedelta(days=(today.weekday() - number - 1) % 7 + 1))


def _ago(match: re.Match[str], today: date) -> Span:
    number, unit = _count(match), match["unit"].lower()
    if unit == "month":
        return month(today.year, today.month - number)
    if unit == "year":
        return year(max(1, today.year - number))
    then = today - timedelta(days=number * _ROUGH_DAYS[unit])
    return week(then) if unit == "week" else day(then)


def _recent(match: re.Match[str], today: date) -> Span:
    days = _count(match) * _ROUGH_DAYS[match["unit"].lower()]
    return Span(today - timedelta(days=days), today + timedelta(days=1))


def _dated(match: re.Match[str], year: int) -> Span:
    return day(date(year, _month_number(match["month"]), int(match["day"])))


def _month_number(written: str) -> int:
    return int(written) if written.isdigit() else _SHORT_MONTHS[written[:3].lower()]


def _is_verb(written: str) -> bool:
    """Return true if a month without a year is more likely a verb."""
    return written.islower() and written in _VERBS


def _count(match: re.Match[str]) -> int:
    written = match["number"].lower()
    return int(written) if written.isdigit() else (_NUMBERS | _VAGUE)[written]


def _rule(pattern: str, resolve: Resolve) -> tuple[re.Pattern[str], Resolve]:
    return re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE), resolve


RULES: Final = (
    _rule(rf"{_YEAR}-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3]\d)", _full_date),
    _rule(rf"{_MONTH} (?:the )?{_DAY},? (?:of )?{_YEAR}", _full_date),
    _rule(rf"{_DAY} (?:of )?{_MONTH},? {_YEAR}", _full_date),
    _rule(rf"{_MONTH},? (?:of )?{_YEAR}", _month_of_year),
    _rule(rf"{_MONTH} (?:the )?{_DAY}", _day_of_month),
    _rule(rf"{_DAY} (?:of )?{_MONTH}", _day_of_month),
    _rule(rf"{_SEASON},? (?:of )?{_YEAR}", _season_of_year),
    _rule(rf"{_AT}(?:the year )?{_YEAR}", _year),
    _rule(rf"(?:{_AT}|{_STEP} ){_MONTH}", _month),
    _rule(rf"{_STEP} {_SEASON}", _season),
    _rule(r"(?P<name>today|tonight|yesterday|last night|tomorrow)", _named_day),
    _rule(rf"{_STEP} (?P<unit>week|weekend|month|year)", _stepped),
    _rule(rf"{_STEP} (?P<weekday>{'|'.join(WEEKDAY_NAMES)})", _weekday),
    _rule(rf"{_NUMBER} {_UNIT} ago", _ago),
    _rule(rf"(?:last|past|previous) {_ROUGHLY} {_UNIT}", _recent),
)
"""Patterns, the more telling first, and what they mean."""

TELLING: Final = frozenset(
    [
        *(*"0123456789", *MONTH_NAMES, *_SHORT_MONTHS, "sept", *_SEASONS, *WEEKDAY_NAMES),
        *("today", "tonight", "yesterday", "night", "tomorrow", "weekend"),
        *(f"{unit}{ending}" for unit in ("day", "week", "month", "year") for ending in ("", "s")),
    ]
)
"""Words and digits, of which a text has one where a pattern is met."""
