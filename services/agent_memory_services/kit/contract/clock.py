"""Time: microseconds since the epoch in UTC, as the stores keep it, and seconds that pass."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from datetime import time as time_of_day
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from google.protobuf.timestamp_pb2 import Timestamp

_MICROS = 1_000_000
# The first moment that a proto value can be.
FIRST_MICROS: Final = -62_135_596_800 * _MICROS
# A day from the calendar's ends, which is more than any zone is away from UTC.
_EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
_LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)


def now_micros() -> int:
    """The present moment."""
    return time.time_ns() // 1000


def to_micros(timestamp: Timestamp) -> int:
    """The moment of `timestamp`; what is finer than a microsecond is dropped."""
    return timestamp.seconds * _MICROS + timestamp.nanos // 1000


def to_timestamp(micros: int) -> Timestamp:
    """The moment as a proto value."""
    timestamp = Timestamp()
    put(timestamp, micros)
    return timestamp


def put(timestamp: Timestamp, micros: int) -> None:
    """Set a proto value to a moment."""
    timestamp.seconds, rest = divmod(micros, _MICROS)
    timestamp.nanos = rest * 1000


def to_datetime(timestamp: Timestamp) -> datetime:
    """The moment in UTC, which every zone has: the first and the last day stand for those beside.

    Raises:
        ValueError: it is no time of the years 1 to 9999.
    """
    return min(max(timestamp.ToDatetime(tzinfo=UTC), _EARLIEST), _LATEST)


class Timer:
    """Seconds that passed since a moment, on a clock that never goes back."""

    def __init__(
        self,
        limit: float = math.inf,
        *,
        over: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start; it is over after `limit` seconds, or at once until it is started again."""
        self._limit = limit
        self._clock = clock
        self._started = -math.inf if over else clock()

    def restart(self) -> None:
        """Count from now."""
        self._started = self._clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    @property
    def left(self) -> float:
        """Seconds until the limit; 0 where it is over."""
        return max(0.0, self._limit - self.elapsed)

    @property
    def is_over(self) -> bool:
        """The limit is reached."""
        return self.elapsed >= self._limit


def zone_of(name: str) -> tzinfo | None:
    """Return the IANA zone of a name; None for one that does not exist. Empty is UTC."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_name(zone: tzinfo) -> str:
    """Return the name by which `zone_of` finds a zone; empty for UTC and for a fixed offset."""
    return zone.key if isinstance(zone, ZoneInfo) else ""


def in_zone(start: Timestamp, name: str, reader: tzinfo) -> datetime:
    """Return the start of an event in the zone that its day, month or year is meant in.

    Args:
        start: The start.
        name: The event's own zone; empty or unknown where none is known.
        reader: The zone of who reads it. It counts where the event has no zone of its own, unless
            the start is midnight in UTC: a date that was written without a zone.
    """
    moment = to_datetime(start)
    if name and (own := zone_of(name)) is not None:
        return moment.astimezone(own)
    return moment if moment.time() == time_of_day.min else moment.astimezone(reader)
