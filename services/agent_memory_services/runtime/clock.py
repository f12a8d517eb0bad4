"""Time as the stores keep it: whole microseconds since the epoch, UTC."""

import time

from google.protobuf.timestamp_pb2 import Timestamp

_MICROS = 1_000_000


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
