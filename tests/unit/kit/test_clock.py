"""Time as the stores keep it."""

import time
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.kit.contract.clock import (
    now_micros,
    to_datetime,
    to_micros,
    to_timestamp,
)

# From the year 1 to the year 9999, which is what a Timestamp holds.
FIRST, LAST = -62135596800_000000, 253402300799_999999
_MICROS = st.integers(FIRST, LAST)


@given(_MICROS)
def test_a_moment_survives_the_way_through_a_timestamp(micros: int) -> None:
    """Nothing is lost, before the epoch either."""
    timestamp = to_timestamp(micros)
    assert 0 <= timestamp.nanos < 1_000_000_000
    assert to_micros(timestamp) == micros
    assert timestamp.ToMicroseconds() == micros


def test_nanoseconds_are_dropped() -> None:
    """What is finer than a microsecond does not round up."""
    assert to_micros(Timestamp(seconds=1, nanos=1999)) == 1_000_001


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize(("micros", "year"), [(FIRST, 1), (LAST, 9999)])
def test_every_zone_has_the_first_and_the_last_moment(micros: int, year: int, zone: str) -> None:
    """The day beside stands for a day that some zones do not have."""
    assert to_datetime(to_timestamp(micros)).astimezone(ZoneInfo(zone)).year == year


def test_what_no_calendar_has_is_no_time() -> None:
    """Neither a year beyond it, nor a fraction that is none."""
    for never in (Timestamp(seconds=2**62), Timestamp(seconds=LAST), Timestamp(nanos=-1)):
        with pytest.raises(ValueError, match="Timestamp is not valid"):
            to_datetime(never)


def test_now_is_now() -> None:
    """The clock is the system's, in microseconds."""
    assert abs(now_micros() - time.time() * 1e6) < 5e6
