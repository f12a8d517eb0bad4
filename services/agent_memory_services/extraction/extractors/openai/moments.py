"""Reads the moments a model writes: ISO 8601, possibly shortened to a day, a month or a year."""

import re
from datetime import MAXYEAR, MINYEAR, datetime, timedelta, tzinfo
from typing import Final

from agent_memory_services.extraction.extractors.base import EventTime, Precision

_SHORTENED: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_COARSENESS: Final = list(Precision)
"""From the moment to the year."""


def read_event(start: str, precision: str, zone: tzinfo) -> EventTime | None:
    """An event's time, moved to the start of its period; None where it cannot be read.

    What is written as a month or a year is never taken to be more exact.
    """
    moment = read_moment(start, zone)
    if moment is None:
        return None
    coarse = max(Precision(precision), _written(start), key=_COARSENESS.index)
    return EventTime(_period_start(moment, coarse), coarse)


def read_moment(text: str, zone: tzinfo) -> datetime | None:
    """A moment, in `zone` where it names none itself; None where it cannot be read."""
    moment = _parse(text.strip())
    # The first and the last year leave no room for zones and periods.
    if moment is None or not MINYEAR < moment.year < MAXYEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _parse(text: str) -> datetime | None:
    try:
        if shortened := _SHORTENED.fullmatch(text):
            year, month, day = (int(part or 1) for part in shortened.groups())
            return datetime(year, month, day)  # noqa: DTZ001 - the caller adds the zone
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _written(text: str) -> Precision:
    shortened = _SHORTENED.fullmatch(text.strip())
    if shortened is None:
        return Precision.INSTANT
    _, month, day = shortened.groups()
    return Precision.DAY if day else Precision.MONTH if month else Precision.YEAR


def _period_start(moment: datetime, precision: Precision) -> datetime:
    if precision is Precision.INSTANT:
        return moment
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match precision:
        case Precision.WEEK:
            return day - timedelta(days=day.weekday())
        case Precision.MONTH:
            return day.replace(day=1)
        case Precision.SEASON:
            # Seasons start in December, March, June and September.
            since = day.month % 3
            year = day.year - 1 if day.month < since + 1 else day.year
            return day.replace(year=year, month=(day.month - since - 1) % 12 + 1, day=1)
        case Precision.YEAR:
            return day.replace(month=1, day=1)
    return day
