"""Memories of a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.search.temporal.nearness import TimeNearness, ToldTime
from tests.unit.long_term_memory.search.pools import evidence

DAY = 86_400_000_000
_START, _END = 100 * DAY, 110 * DAY


def at(
    moment: float, precision: TimePrecision.ValueType = TimePrecision.TIME_PRECISION_INSTANT
) -> Memory:
    """A memory of an event on a day."""
    memory = Memory()
    memory.event_time.start.CopyFrom(to_timestamp(int(moment * DAY)))
    memory.event_time.precision = precision
    return memory


def near(*memories: Memory) -> list[float]:
    """The nearness to ten days."""
    return TimeNearness(1, [(_START, _END)]).measure(evidence(memories)).tolist()


def test_within_is_nearest_and_afterwards_fades() -> None:
    """What is told within a week after the time may be about it; what came before is not."""
    assert near(at(100), at(109.9), at(99.5)) == [1, 1, 1]
    assert near(at(113.5), at(117), at(98)) == [0.5, 0, 0]


@given(st.floats(110, 130), st.floats(110, 130))
def test_later_is_never_nearer(one: float, other: float) -> None:
    """Nearness falls with the distance."""
    sooner, later = near(at(min(one, other)), at(max(one, other)))
    assert sooner >= later


def test_rough_times_cover_their_period() -> None:
    """An event of a month is near to any day of it."""
    assert near(at(80, TimePrecision.TIME_PRECISION_MONTH), at(80)) == [1, 0]


def test_without_an_event_the_time_of_storing_counts() -> None:
    """A memory that tells no time is of the time it was stored."""
    assert near(Memory(create_time=to_timestamp(_START)), Memory()) == [1, 0]


def test_the_nearest_of_several_times_counts() -> None:
    """A question may speak of two times."""
    part = TimeNearness(1, [(0, DAY), (_START, _END)])
    assert part.measure(evidence([at(0.5), at(105), at(50)])).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("memory", "tells"),
    [
        (Memory(text="We moved last week."), 1),
        (Memory(text="It was in 2019."), 1),
        (Memory(text="We moved."), 0),
        (Memory(text="We moved.", event_time=at(5).event_time), 1),
        (
            Memory(
                text="We moved.",
                type=MemoryType.MEMORY_TYPE_MESSAGE,
                event_time=at(5).event_time,
            ),
            0,
        ),
    ],
)
def test_who_tells_a_time(memory: Memory, tells: float) -> None:
    """Words of time tell it, and so does an event's time; when a message was said does not."""
    assert ToldTime(1).measure(evidence([memory])).tolist() == [tells]
