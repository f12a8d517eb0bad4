"""Time as the stores keep it."""

import time

from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.runtime.clock import now_micros, to_micros, to_timestamp

# From the year 1 to the year 9999, which is what a Timestamp holds.
_MICROS = st.integers(-62135596800_000000, 253402300799_999999)


@given(_MICROS)
def test_a_moment_survives_the_way_through_a_timestamp(micros: int):
    """Nothing is lost, before the epoch either."""
    timestamp = to_timestamp(micros)
    assert 0 <= timestamp.nanos < 1_000_000_000
    assert to_micros(timestamp) == micros
    assert timestamp.ToMicroseconds() == micros


def test_nanoseconds_are_dropped():
    """What is finer than a microsecond does not round up."""
    assert to_micros(Timestamp(seconds=1, nanos=1999)) == 1_000_001


def test_now_is_now():
    """The clock is the system's, in microseconds."""
    assert abs(now_micros() - time.time() * 1e6) < 5e6
