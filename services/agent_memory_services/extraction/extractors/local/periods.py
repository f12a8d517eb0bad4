"""Calendar periods: where they start and how they are written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agent_memory_services.extraction.domain.facts import EventTime, Precision

_SATURDAY: Final = 5
# The northern meteorological seasons; winter is named after the year it begins in.
SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SEASON_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week, a month, a season or a year.

    Attributes:
        when: Its start, in the time zone in which it was named.
        preposition: What stands before its name ("on", "in", "around").
        name: How it is written ("12 May 2023", "the week of 1 May 2023").
    """

    when: EventTime
    preposition: str
    name: str


def day(start: datetime) -> Period:
    """Return the day that begins at `start`."""
    return Period(EventTime(start, Precision.DAY), "on", _written(start))


def week(date: datetime) -> Period:
    """Return the week of `date`, which begins on its Monday."""
    monday = date - timedelta(days=date.weekday())
    return Period(EventTime(monday, Precision.WEEK), "in", f"the week of {_written(monday)}")


def weekend(date: datetime) -> Period:
    """Return the weekend of the week of `date`, which begins on its Saturday."""
    saturday = date + timedelta(days=_SATURDAY - date.weekday())
    name = f"the weekend of {_written(saturday)}"
    return Period(EventTime(saturday, Precision.WEEK), "on", name)


def month(date: datetime, part: str = "") -> Period:
    """Return the month of `date`; `part` says which of it ("early", "late")."""
    first = date.replace(day=1)
    name = f"{part} {first:%B %Y}".strip()
    return Period(EventTime(first, Precision.MONTH), "in", name)


def season(name: str, year: int, today: datetime) -> Period:
    """Return a season of a year, in the time zone of `today`."""
    start = today.replace(year=year, month=SEASONS[name], day=1)
    return Period(EventTime(start, Precision.SEASON), "in", f"{name} {year}")


def season_year(name: str, direction: int, today: datetime) -> int:
    """Return the year in which the last (-1), running (0) or next (1) such season begins."""
    # Winter reaches into the next year: in February "this winter" began last December.
    begun = today.year if today.month >= SEASONS[name] else today.year - 1
    running = (today.month - SEASONS[name]) % 12 < _SEASON_MONTHS
    if direction < 0:
        return begun - 1 if running else begun
    if direction > 0:
        return begun + 1
    return begun if running else today.year


def year(date: datetime) -> Period:
    """Return the year of `date`."""
    first = date.replace(month=1, day=1)
    return Period(EventTime(first, Precision.YEAR), "in", f"{first:%Y}")


def around(period: Period, precision: Precision) -> Period:
    """Return a period that is known only roughly."""
    return Period(EventTime(period.when.start, precision), "around", period.name)


def _written(date: datetime) -> str:
    return f"{date.day} {date:%B %Y}"
