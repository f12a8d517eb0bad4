"""Time as the stores keep it: whole microseconds since the epoch, UTC."""

import time
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from google.protobuf.timestamp_pb2 import Timestamp

_MICROS = 1_000_000
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
    seconds, rest = divmod(micros, _MICROS)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def to_datetime(timestamp: Timestamp) -> datetime:
    """The moment in UTC, which every zone has: the first and the last day stand for those beside.

    Raises:
        ValueError: it is no time of the years 1 to 9999.
    """
    return min(max(timestamp.ToDatetime(tzinfo=UTC), _EARLIEST), _LATEST)


def zone_of(name: str) -> tzinfo | None:
    """Return the IANA zone of a name; None for one that does not exist. Empty is UTC."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
