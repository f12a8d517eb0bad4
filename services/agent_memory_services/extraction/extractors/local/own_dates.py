"""Days and periods that a clause of another language names, by the words of its pack."""
# ruff: noqa: RUF001 - letters and marks of other scripts are meant

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, time, timedelta
from typing import Final

from agent_memory_services.extraction.domain.facts import EventTime, Precision
from agent_memory_services.language.packs import Dates, Pattern, Text

_ISO: Final = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_EAST_ASIAN: Final = re.compile(
    r"(?:(\d{4})\s*[年년]\s*)?(?<!\d)(\d{1,2})\s*[月월]\s*(?:(\d{1,2})\s*[日号號일])?"
)
_YEAR: Final = re.compile(r"(?<![\d.,])((?:19|20)\d\d)\s*[年년]?(?![\d.,]*\d)")
_DAY_BEFORE: Final = re.compile(r"(?<!\d)(\d{1,2})(?:\.|º|er|\s*de|-го)?\s*$")
_YEAR_AFTER: Final = re.compile(r"^\s*(?:de[l]?\s+|,\s*)?((?:19|20)\d\d)(?!\d)")
_DAY_AFTER: Final = re.compile(r"^\s+(\d{1,2})(?![\d:])")
_NEAR: Final = 14
"""Characters around a weekday or month in which its direction is looked for."""
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Spoken:
    """A date as it was spoken.

    Attributes:
        when: The event's time; None where the words name only a limit, such as "since".
        relative: True if the words mean another day when they are read on another day.
    """

    when: EventTime | None
    relative: bool


def spoken_date(text: Text, said: datetime, dates: Dates) -> Spoken | None:
    """Return the date that a clause names; None where it names none, or one that comes back.

    Args:
        text: The clause.
        said: When it was said, in the speaker's time zone.
        dates: The words of its language.
    """
    if dates.yearly.search(text):
        return None
    today = datetime.combine(said.date(), time.min, said.tzinfo)
    try:
        found = _Clause(text, today, dates).date()
    except (ValueError, OverflowError):
        return None  # "30 February", or beyond the calendar.
    if found is None or found.when is None:
        return found
    return found if MINYEAR < found.when.start.year < MAXYEAR else None


class _Clause:
    """A clause whose date is looked for."""

    def __init__(self, text: Text, today: datetime, dates: Dates) -> None:
        self._text = text
        self._today = today
        self._dates = dates

    def date(self) -> Spoken | None:
        return self._absolute() or self._named_month() or self._relative() or self._year()

    def _absolute(self) -> Spoken | None:
        if found := _ISO.search(self._text.plain):
            day = self._today.replace(year=int(found[1]), month=int(found[2]), day=int(found[3]))
            return self._spoken(found, day, Precision.DAY, relative=False)
        if found := _EAST_ASIAN.search(self._text.plain):
            return self._in_month(found, int(found[2]), found[3], found[1])
        return None

    def _named_month(self) -> Spoken | None:
        for number, name in enumerate(self._dates.month_names, 1):
            if found := name.search(self._text):
                before, after = self._text.plain[: found.start()], self._text.plain[found.end() :]
                day = _DAY_BEFORE.search(before) or _DAY_AFTER.search(after)
                year = _YEAR_AFTER.search(after)
                return self._in_month(
                    found, number, day[1] if day else None, year[1] if year else None
                )
        return None

    def _in_month(
        self, found: re.Match[str], month: int, day: str | None, year: str | None
    ) -> Spoken | None:
        first = self._today.replace(
            year=int(year) if year else self._today.year, month=month, day=1
        )
        start = first.replace(day=int(day)) if day else first
        if not year:
            past = self._is_past(found)
            running = first.month == self._today.month and not day
            if not running and (start > self._today if past else start < self._today):
                start = start.replace(year=start.year + (-1 if past else 1))
        precision = Precision.DAY if day else Precision.MONTH
        return self._spoken(found, start, precision, relative=not year)

    def _relative(self) -> Spoken | None:
        for number, name in enumerate(self._dates.weekdays):
            if found := name.search(self._text):
                away = (number - self._today.weekday()) % 7
                away = (away or 7) - 7 if self._is_past(found) else away
                return self._spoken(found, self._today + timedelta(days=away), Precision.DAY)
        if day := _first(self._dates.days, self._text):
            return self._spoken(day[0], self._today + timedelta(days=day[1]), Precision.DAY)
        if week := _first(self._dates.weeks, self._text):
            monday = self._today - timedelta(days=self._today.weekday()) + timedelta(weeks=week[1])
            return self._spoken(week[0], monday, Precision.WEEK)
        if month := _first(self._dates.months, self._text):
            count = self._today.year * _MONTHS + self._today.month - 1 + month[1]
            first = self._today.replace(year=count // _MONTHS, month=count % _MONTHS + 1, day=1)
            return self._spoken(month[0], first, Precision.MONTH)
        if year := _first(self._dates.years, self._text):
            first = self._today.replace(year=self._today.year + year[1], month=1, day=1)
            return self._spoken(year[0], first, Precision.YEAR)
        return None

    def _year(self) -> Spoken | None:
        found = _YEAR.search(self._text.plain)
        if found is None:
            return None
        first = self._today.replace(year=int(found[1]), month=1, day=1)
        return self._spoken(found, first, Precision.YEAR, relative=False)

    def _spoken(
        self, found: re.Match[str], start: datetime, precision: Precision, *, relative: bool = True
    ) -> Spoken:
        near = self._near(found)
        limit = self._dates.since.search(near) is not None
        return Spoken(None if limit else EventTime(start, precision), relative)

    def _is_past(self, found: re.Match[str]) -> bool:
        return bool(
            self._dates.last.search(self._near(found)) or self._dates.past.search(self._text)
        )

    def _near(self, found: re.Match[str]) -> Text:
        return self._text.part(max(0, found.start() - _NEAR), found.end() + _NEAR)


def _first(words: Sequence[tuple[Pattern, int]], text: Text) -> tuple[re.Match[str], int] | None:
    """Return the longest fit, so that "day after tomorrow" is no "tomorrow"."""
    fits = [(found, away) for pattern, away in words if (found := pattern.search(text))]
    return max(fits, key=lambda fit: len(fit[0][0]), default=None)
