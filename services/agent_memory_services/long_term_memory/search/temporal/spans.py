"""Periods of the calendar, as the first day and the first day after."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
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
    """One day."""
    return Span(first, first + _DAY)


def week(within: date) -> Span:
    """The week of a day, from Monday."""
    start = within - within.weekday() * _DAY
    return Span(start, start + _WEEK)


def weekend(within: date) -> Span:
    """The Saturday and Sunday of a day's week."""
    start = week(within).start + _SATURDAY * _DAY
    return Span(start, start + 2 * _DAY)


def month(year: int, number: int) -> Span:
    """A month; `number` may lie outside 1 to 12 and then counts on into other years."""
    return _months(year, number, 1)


def season(year: int, number: int) -> Span:
    """A quarter from March (0), June (1), September (2) or December (3) on."""
    return _months(year, _MONTHS_PER_SEASON * (number + 1), _MONTHS_PER_SEASON)


def year(number: int) -> Span:
    """A year."""
    return _months(number, 1, _MONTHS_PER_YEAR)


def _months(year: int, number: int, count: int) -> Span:
    return Span(_first(year, number), _first(year, number + count))


def _first(year: int, number: int) -> date:
    years, months = divmod(number - 1, _MONTHS_PER_YEAR)
    return date(year + years, months + 1, 1)
