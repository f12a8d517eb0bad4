"""Reads one date phrase against the moment it was said."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final

from dateparser.date import DateDataParser

from agent_memory_services.extraction.extractors.base import EventTime, Precision
from agent_memory_services.extraction.extractors.local.calendar_phrases import FORMS

_MONDAY_TO_SATURDAY = 5
_FUZZY: Final = {"a couple": 2, "a couple of": 2, "a few": 3, "few": 3, "several": 4}
# The northern meteorological seasons; winter is named after the year it begins in.
_SEASON_MONTH: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SEASON_LENGTH = 3
_WEEKDAYS: Final = {
    day[:3]: day
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
_PART_OF_MONTH = re.compile(r"(?:early|mid-? ?|late) ?\b", re.IGNORECASE)
_PART_OF_DAY = re.compile(r"(?<!^this)(?<!^last) (morning|afternoon|evening|night)$")
_TIME = re.compile(r"(\d{1,2})(?::(\d\d))? ?(?:([ap])\.?m\b)?", re.IGNORECASE)
_YEAR_SAID = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A resolved date.

    Attributes:
        when: The start of the period, in the time zone of the moment it was said.
        preposition: What stands before the name of the period ("on", "in").
        name: The period without its preposition ("12 May 2023", "the week of 1 May 2023").
    """

    when: EventTime
    preposition: str
    name: str


def resolve(match: re.Match[str], said: datetime, *, past: bool) -> CalendarDate | None:
    """Resolve a match of `DATE_PHRASE`.

    Args:
        match: The phrase.
        said: When it was said, in the speaker's time zone.
        past: Whether the statement is about the past; "on Friday" looks that way.

    Returns:
        The date, or None where the words turn out not to be one.
    """
    form = next(name for name in FORMS if match[name])
    phrase = match[form].lower()
    today = datetime.combine(said.date(), time.min, said.tzinfo)
    date = _period(form, phrase, match, today, past=past)
    if date is None or not match["time"]:
        return date
    return CalendarDate(_at_time(date.when, match["time"]), date.preposition, date.name)


def _period(
    form: str, phrase: str, match: re.Match[str], today: datetime, *, past: bool
) -> CalendarDate | None:
    match form:
        case "iso" | "slashed" | "dated" | "weekday" | "relative":
            return _part_of(_day(_parsed(_one_day(phrase), today, past=past)), phrase)
        case "month" | "month_year":
            start = _this_month(_PART_OF_MONTH.sub("", phrase), today, past=past)
            part = _PART_OF_MONTH.match(phrase)
            return _month(start, part[0].strip() if part else "")
        case "year":
            return _year(today.replace(year=int(phrase), month=1, day=1))
        case "season_year":
            return _season(match["season_name"], int(match["season_in"]), today)
        case "before_last":
            return _unit_away(match["before_last_unit"].lower(), -2, today)
        case "ago":
            sign = 1 if match["ago_side"].lower() == "from now" else -1
            return _counted(match["ago_count"], match["ago_unit"], sign, today)
        case "ahead":
            if past or match["preposition"].lower() != "in":
                return None
            return _counted(match["ahead_count"], match["ahead_unit"], 1, today)
        case _:
            return _which(match["which_side"].lower(), match["which_what"].lower(), today)


def _which(side: str, what: str, today: datetime) -> CalendarDate | None:
    """Resolve "last friday", "this summer", "next month" and their like."""
    direction = {"last": -1, "this past": -1, "this": 0, "next": 1}.get(side)
    if what in _SEASON_MONTH:
        return _season(what, _season_year(what, direction, today), today)
    if what in {"day", "decade", "fortnight"} or (side == "past" and what != "weekend"):
        # "The past month" is a duration and "the next day" counts from another day.
        return None
    if what in {"week", "weekend", "month", "year"}:
        return _unit_away(what, {"coming": 1, "past": -1}.get(side, direction or 0), today)
    past = side in {"last", "this past"}
    weekday = _WEEKDAYS.get(what[:3])
    if weekday is None:
        start = _parsed(what, today, past=past)
        running = start is not None and (start.year, start.month) == (today.year, today.month)
        return _month(_unit_away("year", direction, start).when.start if running and direction else start, "")
    return _day(_parsed(f"last {weekday}" if side == "last" else weekday, today, past=past))


def _unit_away(unit: str, count: int, today: datetime) -> CalendarDate | None:
    monday = today - timedelta(days=today.weekday())
    match unit:
        case "week":
            return _week(monday + timedelta(weeks=count))
        case "weekend":
            saturday = monday + timedelta(days=_MONDAY_TO_SATURDAY, weeks=count)
            return CalendarDate(
                EventTime(saturday, Precision.WEEK), "on", f"the weekend of {_written(saturday)}"
            )
        case "month":
            months = today.year * 12 + today.month - 1 + count
            return _month(today.replace(year=months // 12, month=months % 12 + 1, day=1), "")
        case _:
            return _year(today.replace(year=today.year + count, month=1, day=1))


def _counted(count: str, unit: str, sign: int, today: datetime) -> CalendarDate | None:
    """Resolve a distance such as "three weeks ago"; fuzzy ones become "around"."""
    words, unit = count.lower(), unit.lower()
    number = _FUZZY.get(words) or _number(words)
    unit, number = {"fortnight": ("week", 2 * number), "decade": ("year", 10 * number)}.get(
        unit, (unit, number)
    )
    if unit == "day":
        day = today + timedelta(days=sign * number)
        return _around(_day(day), Precision.WEEK) if words in _FUZZY else _day(day)
    if unit == "year" and number >= today.year:
        return None
    date = _unit_away(unit, sign * number, today)
    if date is None or words not in _FUZZY:
        return date
    if unit == "week":
        return _around(_month(date.when.start.replace(day=1), ""), Precision.MONTH)
    return _around(date, date.when.precision)


def _around(date: CalendarDate | None, precision: Precision) -> CalendarDate | None:
    if date is None:
        return None
    return CalendarDate(EventTime(date.when.start, precision), "around", date.name)


def _number(words: str) -> int:
    if words.isdigit():
        return int(words)
    names = "one two three four five six seven eight nine ten eleven twelve".split()
    return names.index(words) + 1 if words in names else 20 if words == "twenty" else 1


def _season_year(season: str, direction: int | None, today: datetime) -> int:
    month = _SEASON_MONTH[season]
    # Winter reaches into the next year: in February "this winter" began last December.
    begun = today.year if today.month >= month else today.year - 1
    running = (today.month - month) % 12 < _SEASON_LENGTH
    if direction == -1:
        return begun - 1 if running else begun
    if direction == 1:
        return begun + 1
    return begun if running else today.year


def _at_time(when: EventTime, words: str) -> EventTime:
    if when.precision is not Precision.DAY:
        return when
    if words.lower() in {"noon", "midnight"}:
        return EventTime(when.start.replace(hour=12 if words.lower() == "noon" else 0),
                         Precision.INSTANT)
    found = _TIME.match(words)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
    if found and found[3]:
        hour = hour % 12 + (12 if found[3].lower() == "p" else 0)
    if hour > 23 or minute > 59:
        return when
    return EventTime(when.start.replace(hour=hour, minute=minute), Precision.INSTANT)


def _this_month(phrase: str, today: datetime, *, past: bool) -> datetime | None:
    """Read a month; the running one is meant when it is named without a year."""
    return today if phrase == f"{today:%B}".lower() else _parsed(phrase, today, past=past)


def _one_day(phrase: str) -> str:
    if phrase in {"tonight", "today"} or phrase.startswith("this "):
        return "today"
    if phrase == "last night":
        return "yesterday"
    phrase = _PART_OF_DAY.sub("", phrase)
    return re.sub(r"^\w+day,? (?=.*\d)|\b(?:the|of) ", "", phrase)


def _part_of(date: CalendarDate | None, phrase: str) -> CalendarDate | None:
    part = _PART_OF_DAY.search(phrase)
    if date is None or part is None:
        return date
    return CalendarDate(date.when, date.preposition, f"the {part[1]} of {date.name}")


def _parsed(phrase: str, today: datetime, *, past: bool) -> datetime | None:
    day = _parse(phrase, today.replace(tzinfo=None), past=past)
    return None if day is None else day.replace(tzinfo=today.tzinfo)


@lru_cache(maxsize=4096)
def _parse(phrase: str, today: datetime, *, past: bool) -> datetime | None:
    settings = {
        "RELATIVE_BASE": today,
        "PREFER_DATES_FROM": "past" if past else "future",
        "PREFER_DAY_OF_MONTH": "first",
        "RETURN_AS_TIMEZONE_AWARE": False,
    }
    parsed = DateDataParser(languages=["en"], settings=settings).get_date_data(phrase).date_obj
    if parsed is None:
        return None
    return datetime.combine(parsed.date(), time.min)


def _written(day: datetime) -> str:
    return f"{day.day} {day:%B %Y}"


def _day(start: datetime | None) -> CalendarDate | None:
    if start is None:
        return None
    return CalendarDate(EventTime(start, Precision.DAY), "on", _written(start))


def _week(start: datetime) -> CalendarDate:
    return CalendarDate(EventTime(start, Precision.WEEK), "in", f"the week of {_written(start)}")


def _month(start: datetime | None, part: str) -> CalendarDate | None:
    if start is None:
        return None
    first = start.replace(day=1)
    return CalendarDate(
        EventTime(first, Precision.MONTH), "in", f"{part} {first:%B %Y}".strip()
    )


def _season(name: str, year: int, today: datetime) -> CalendarDate:
    start = today.replace(year=year, month=_SEASON_MONTH[name.lower()], day=1)
    return CalendarDate(EventTime(start, Precision.SEASON), "in", f"{name.lower()} {year}")


def _year(start: datetime) -> CalendarDate:
    return CalendarDate(EventTime(start, Precision.YEAR), "in", f"{start:%Y}")
