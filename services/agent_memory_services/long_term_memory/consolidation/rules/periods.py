"""When a fact begins to be true, and which of two facts is the newer one.

Facts are ordered by what they tell of, not by when they arrive: by the time of the event, or else
by when they were said.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from agent_memory.common.v1.memory_pb2 import Memory, TimePrecision
from agent_memory_services.runtime.clock import to_micros

_MONTHS: Final = {
    TimePrecision.TIME_PRECISION_MONTH: 1,
    TimePrecision.TIME_PRECISION_SEASON: 3,
    TimePrecision.TIME_PRECISION_YEAR: 12,
}
_DAYS: Final = {
    TimePrecision.TIME_PRECISION_DAY: 1,
    TimePrecision.TIME_PRECISION_WEEK: 7,
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST_MONTH: Final = 9999 * 12 + 11
_BIRTH: Final = frozenset({"birthday", "birth_date", "birthdate", "name", "origin", "age"})
"""Attributes whose event, such as the birth, does not tell since when the statement holds."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a fact begins, in microseconds.

    Attributes:
        start: the first moment it may begin at.
        end: the first moment behind those; one that is known to the moment has one moment.
        said: when it was said.
    """

    start: int
    end: int
    said: int

    @classmethod
    def of(cls, memory: Memory) -> Self:
        """When what a memory tells begins."""
        said = said_at(memory)
        if memory.HasField("event_time") and memory.slot.rpartition("/")[2] not in _BIRTH:
            return cls(*event_period(memory), said)
        return cls(said, said + 1, said)

    def turn_to(self, newer: "Beginning") -> int | None:
        """The moment at which this fact ends because a newer one begins; None where it does not.

        None also where the order is not known. A newer event that is known to the month only may
        begin before an older one of that month; what was said later is then the newer.
        """
        if newer.start >= self.end:
            return newer.start
        if newer.end <= self.start or newer.said <= self.said:
            return None
        turn = max(newer.start, min(newer.end, newer.said))
        return turn if turn > self.start else None


def said_at(memory: Memory) -> int:
    """When a memory's words were said, as far as is known; in microseconds."""
    if memory.validity.HasField("valid_from"):
        return to_micros(memory.validity.valid_from)
    return to_micros(memory.create_time)


def event_period(memory: Memory) -> tuple[int, int]:
    """The first moment of a memory's event, and the first behind it."""
    start = to_micros(memory.event_time.start)
    precision = memory.event_time.precision
    if precision in _DAYS:
        return start, start + _micros(timedelta(days=_DAYS[precision]))
    if precision in _MONTHS:
        return start, _months_later(start, _MONTHS[precision])
    return start, start + 1


def _months_later(start: int, months: int) -> int:
    moment = _EPOCH + start * _MICROSECOND
    year, month = divmod(min(moment.year * 12 + moment.month - 1 + months, _LAST_MONTH), 12)
    return _micros(datetime(year, month + 1, 1, tzinfo=UTC) - _EPOCH)


def _micros(span: timedelta) -> int:
    return span // _MICROSECOND
