"""Dates of a statement, written out in full, and the time of its event."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from dateparser.date import DateDataParser

from agent_memory_services.extraction.domain.facts import EventTime, Precision
from agent_memory_services.extraction.extractors.local import periods
from agent_memory_services.extraction.extractors.local.date_phrases import (
    CLOCK_FIRST,
    DATE_PHRASE,
    FORMS,
    QUICK,
)
from agent_memory_services.extraction.extractors.local.periods import Period
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.words import WEEKDAY_NAMES

_Reading = Callable[[re.Match[str], datetime, bool], Period | None]

_FUZZY: Final = {"a couple": 2, "a couple of": 2, "a few": 3, "few": 3, "several": 4}
_NUMBERS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20,
}  # fmt: skip
_WEEKDAYS: Final = {name[:3]: name for name in WEEKDAY_NAMES}
_DIRECTIONS: Final = {
    "last": -1, "past": -1, "this past": -1, "this": 0, "next": 1, "coming": 1, "this coming": 1,
}  # fmt: skip
_PART_OF_MONTH = re.compile(r"(?:early|mid-? ?|late) ?\b", re.IGNORECASE)
_PART_OF_DAY = re.compile(r"(?<!^this)(?<!^last) (morning|afternoon|evening|night)$")
_BEFORE_A_NUMBER = re.compile(r"^\w+day,? (?=.*\d)|\b(?:the|of) ")
_TIME = re.compile(r"(\d{1,2})(?::(\d\d))? ?(?:([ap])\.?m\b)?", re.IGNORECASE)
_NAMED_HOURS: Final = {"noon": 12, "midnight": 0}
_HOURS, _MINUTES = 24, 60
_MONTHS_OF_A_YEAR: Final = 12
_CENTURY, _YEARS_AHEAD = 100, 20
# Zones whose people write the month first; those without a place say nothing of it.
_NOWHERE: Final = ("UTC", "Etc/", "GMT", "Zulu", "Universal")
_MONTH_FIRST_PREFIXES: Final = (
    "US/",
    "America/Indiana/",
    "America/Kentucky/",
    "America/North_Dakota/",
)
_MONTH_FIRST: Final = frozenset(
    """
    America/New_York America/Detroit America/Chicago America/Menominee America/Denver America/Boise
    America/Phoenix America/Los_Angeles America/Anchorage America/Juneau America/Sitka
    America/Metlakatla America/Yakutat America/Nome America/Adak Pacific/Honolulu
    America/Puerto_Rico Asia/Manila Pacific/Guam EST EST5EDT CST6CDT MST MST7MDT PST8PDT HST
    """.split()  # noqa: SIM905 - a list would be a page long
)
_OF_THE_EVENT: Final = words("date_of_event") | {"back in", ""}


@dataclass(frozen=True, slots=True)
class Grounded:
    """A text whose relative dates are absolute.

    Attributes:
        text: The text with its dates written out.
        when: When the event is; None when the text does not tell.
        nearest: The first date of the text, be it the event's or only its limit.
    """

    text: str
    when: EventTime | None
    nearest: EventTime | None


def ground(text: str, said: datetime, *, past: bool) -> Grounded:
    """Resolve the date phrases of one statement.

    Args:
        text: The statement.
        said: When it was said, in the speaker's time zone.
        past: Whether it is about the past; decides where "on Friday" and "in June" look.
    """
    if not QUICK.search(text):
        return Grounded(text, None, None)
    dates: list[EventTime] = []
    events: list[EventTime] = []

    def written(match: re.Match[str]) -> str:
        preposition = (match["preposition"] or "").lower()
        # "It was moved to Friday" and "I booked it for May" look ahead whatever their tense.
        looking_back = (past or preposition == "since") and preposition not in {"for", "to"}
        period = _resolve(match, said, past=looking_back)
        if period is None:
            return match[0]
        dates.append(period.when)
        if preposition in _OF_THE_EVENT:
            events.append(period.when)
        before = preposition if preposition in words("date_limits") else period.preposition
        return f"{before} {period.name}{match['clock'] or ''}"

    text = CLOCK_FIRST.sub(r"\g<day> \g<clock>", text)
    text = DATE_PHRASE.sub(written, text)
    return Grounded(text, events[0] if events else None, dates[0] if dates else None)


def _resolve(match: re.Match[str], said: datetime, *, past: bool) -> Period | None:
    """Resolve a match of `DATE_PHRASE`.

    Args:
        match: The phrase.
        said: When it was said, in the speaker's time zone.
        past: Whether the statement is about the past; "on Friday" looks that way.

    Returns:
        The period, or None where the words turn out not to be a date.
    """
    form = next(name for name in FORMS if match[name])
    today = datetime.combine(said.date(), time.min, said.tzinfo)
    try:
        period = _READINGS.get(form, _calendar_day(form))(match, today, past)
    except (ValueError, OverflowError):
        return None  # "In 9000 years" is beyond the calendar.
    # The first and the last year leave no room for zones and for what lies beside a day.
    if period is None or not MINYEAR < period.when.start.year < MAXYEAR:
        return None
    if not match["time"]:
        return period
    return Period(_at_time(period.when, match["time"].lower()), period.preposition, period.name)


def _calendar_day(form: str) -> _Reading:
    """Read "yesterday", "on Friday", "May 5th" and the like."""

    def reading(match: re.Match[str], today: datetime, past: bool) -> Period | None:
        phrase, until = match[form].lower(), match["until"]
        if until:
            phrase = phrase.replace(f"-{until}", "", 1)
        start = _parsed(_one_day(phrase), today, past=past)
        if start is None:
            return None
        day, part = periods.day(start), _PART_OF_DAY.search(phrase)
        if until:
            return Period(day.when, day.preposition, day.name.replace(" ", f"-{until} ", 1))
        return Period(day.when, day.preposition, f"the {part[1]} of {day.name}") if part else day

    return reading


def _month(match: re.Match[str], today: datetime, past: bool) -> Period | None:
    phrase = (match["month"] or match["month_year"]).lower()
    name, part = _PART_OF_MONTH.sub("", phrase), _PART_OF_MONTH.match(phrase)
    # The running month is meant when it is named without a year.
    running = name == f"{today:%B}".lower()
    start = today if running else _parsed(name, today, past=past)
    return periods.month(start, part[0].strip() if part else "") if start else None


def _nth(match: re.Match[str], today: datetime, past: bool) -> Period | None:
    """Read "on the 15th": of this month or, where that looks the wrong way, of the one beside."""
    number, step = int(match["nth_day"]), -1 if past else 1
    for months in (0, step, 2 * step):
        month = _away("month", months, today).when.start
        if number > monthrange(month.year, month.month)[1]:
            continue
        day = month.replace(day=number)
        if (day <= today) if past else (day >= today):
            return periods.day(day)
    return None


def _year(match: re.Match[str], today: datetime, _past: bool) -> Period:
    return periods.year(today.replace(year=int(match["year"]), day=1))


def _season(match: re.Match[str], today: datetime, _past: bool) -> Period:
    return periods.season(match["season_name"].lower(), int(match["season_in"]), today)


def _before_last(match: re.Match[str], today: datetime, _past: bool) -> Period:
    return _away(match["before_last_unit"].lower(), -2, today)


def _ago(match: re.Match[str], today: datetime, _past: bool) -> Period | None:
    sign = 1 if match["ago_side"].lower() == "from now" else -1
    return _counted(match["ago_count"].lower(), match["ago_unit"].lower(), sign, today)


def _ahead(match: re.Match[str], today: datetime, past: bool) -> Period | None:
    # "For two weeks" is a duration, and "he built it in two weeks" as well.
    if past or match["preposition"].lower() != "in":
        return None
    return _counted(match["ahead_count"].lower(), match["ahead_unit"].lower(), 1, today)


def _which(match: re.Match[str], today: datetime, _past: bool) -> Period | None:
    """Read "last friday", "this summer", "next month" and the like."""
    side, what = match["which_side"].lower(), match["which_what"].lower()
    direction = _DIRECTIONS[side]
    if what in periods.SEASONS:
        return periods.season(what, periods.season_year(what, direction, today), today)
    if what in {"day", "decade", "fortnight"} or (side == "past" and what != "weekend"):
        # "The past month" is a duration, and "the next day" counts from another day.
        return None
    if what in {"week", "weekend", "month", "year"}:
        return _away(what, direction, today)
    weekday = _WEEKDAYS.get(what[:3])
    if weekday is None:
        return _month_beside(what, direction, today)
    start = _parsed(f"last {weekday}" if side == "last" else weekday, today, past=direction < 0)
    return periods.day(start) if start else None


def _slashed(match: re.Match[str], today: datetime, _past: bool) -> Period | None:
    """Read "3/4/1990" as its speaker's part of the world does; without a zone it stays as written.

    A number above twelve can only be the day.
    """
    first, second, year = map(int, match["slashed"].split("/"))
    if first > _MONTHS_OF_A_YEAR or second > _MONTHS_OF_A_YEAR:
        day, month = (first, second) if first > _MONTHS_OF_A_YEAR else (second, first)
    elif first == second:
        day = month = first
    else:
        zone = getattr(today.tzinfo, "key", "")
        if not zone or zone.startswith(_NOWHERE):
            return None
        month_first = zone in _MONTH_FIRST or zone.startswith(_MONTH_FIRST_PREFIXES)
        month, day = (first, second) if month_first else (second, first)
    if year < _CENTURY:
        year += 2000 if year <= today.year % _CENTURY + _YEARS_AHEAD else 1900
    try:
        return periods.day(
            today.replace(
                year=year, month=month, day=day, hour=0, minute=0, second=0, microsecond=0
            )
        )
    except ValueError:
        return None


_READINGS: Final[dict[str, _Reading]] = {
    "slashed": _slashed,
    "month": _month,
    "month_year": _month,
    "nth": _nth,
    "year": _year,
    "season_year": _season,
    "before_last": _before_last,
    "ago": _ago,
    "ahead": _ahead,
    "which": _which,
}


def _month_beside(name: str, direction: int, today: datetime) -> Period | None:
    """Read "last May" and "next May"; said in May, neither is this one."""
    start = _parsed(name, today, past=direction < 0)
    if start is None:
        return None
    running = (start.year, start.month) == (today.year, today.month)
    return periods.month(start.replace(year=start.year + direction, day=1) if running else start)


def _away(unit: str, count: int, today: datetime) -> Period:
    """Return the week, weekend, month or year that is `count` of them away."""
    match unit:
        case "week":
            return periods.week(today + timedelta(weeks=count))
        case "weekend":
            return periods.weekend(today + timedelta(weeks=count))
        case "month":
            months = today.year * 12 + today.month - 1 + count
            return periods.month(today.replace(year=months // 12, month=months % 12 + 1, day=1))
        case _:
            return periods.year(today.replace(year=today.year + count, day=1))


def _counted(words: str, unit: str, sign: int, today: datetime) -> Period | None:
    """Read a distance such as "three weeks ago"; a fuzzy one becomes "around"."""
    number = _FUZZY.get(words) or (int(words) if words.isdigit() else _NUMBERS.get(words, 1))
    unit, number = {"fortnight": ("week", 2 * number), "decade": ("year", 10 * number)}.get(
        unit, (unit, number)
    )
    if unit == "year" and number >= today.year:
        return None
    fuzzy = words in _FUZZY
    if unit == "day":
        day = periods.day(today + timedelta(days=sign * number))
        return periods.around(day, Precision.WEEK) if fuzzy else day
    period = _away(unit, sign * number, today)
    if not fuzzy:
        return period
    if unit == "week":
        return periods.around(periods.month(period.when.start), Precision.MONTH)
    return periods.around(period, period.when.precision)


def _at_time(when: EventTime, words: str) -> EventTime:
    """Add a time of day to a day."""
    if when.precision is not Precision.DAY:
        return when
    found = _TIME.match(words)
    hour, minute = _NAMED_HOURS.get(words, _HOURS), 0
    if found:
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3]:
            hour = hour % 12 + (12 if found[3] == "p" else 0)
    if hour >= _HOURS or minute >= _MINUTES:
        return when
    return EventTime(when.start.replace(hour=hour, minute=minute), Precision.INSTANT)


def _one_day(phrase: str) -> str:
    if phrase in {"tonight", "today"} or phrase.startswith("this "):
        return "today"
    if phrase == "last night":
        return "yesterday"
    return _BEFORE_A_NUMBER.sub("", _PART_OF_DAY.sub("", phrase))


def _parsed(phrase: str, today: datetime, *, past: bool) -> datetime | None:
    found = _parse(phrase, today.replace(tzinfo=None), past=past)
    return found.replace(tzinfo=today.tzinfo) if found else None


@lru_cache(maxsize=4096)
def _parse(phrase: str, today: datetime, *, past: bool) -> datetime | None:
    settings = {
        "RELATIVE_BASE": today,
        "PREFER_DATES_FROM": "past" if past else "future",
        "PREFER_DAY_OF_MONTH": "first",
        "RETURN_AS_TIMEZONE_AWARE": False,
    }
    parsed = DateDataParser(languages=["en"], settings=settings).get_date_data(phrase).date_obj
    return datetime.combine(parsed.date(), time.min) if parsed else None
