"""The order of facts in time."""

from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import EventTime, Memory, TimePrecision
from agent_memory_services.long_term_memory.consolidation.rules.periods import (
    Beginning,
    event_period,
)

PRECISIONS = {
    None: TimePrecision.TIME_PRECISION_INSTANT,
    "day": TimePrecision.TIME_PRECISION_DAY,
    "week": TimePrecision.TIME_PRECISION_WEEK,
    "month": TimePrecision.TIME_PRECISION_MONTH,
    "season": TimePrecision.TIME_PRECISION_SEASON,
    "year": TimePrecision.TIME_PRECISION_YEAR,
}


def moment(date: str) -> datetime:
    """A date in UTC."""
    return datetime.fromisoformat(date).replace(tzinfo=UTC)


def micros(date: str) -> int:
    """A date in microseconds."""
    return int(moment(date).timestamp()) * 1_000_000


def told(said: str, event: str = "", precision: str | None = None, slot: str = "") -> Beginning:
    """When a memory begins that was said then, of an event then."""
    memory = Memory(slot=slot)
    memory.validity.valid_from.FromDatetime(moment(said))
    if event:
        memory.event_time.start.FromDatetime(moment(event))
        memory.event_time.precision = PRECISIONS[precision]
    return Beginning.of(memory)


def test_what_was_said_later_is_newer() -> None:
    """Without events, facts are in the order in which they were said."""
    older, newer = told("2023-05-01"), told("2024-05-01")
    assert older.turn_to(newer) == micros("2024-05-01")
    assert newer.turn_to(older) is None


def test_an_event_still_to_come_waits_for_no_other_time_of_it() -> None:
    """A flight that is moved is at its old time no more; a job lasts until the next begins."""
    flight = told("2024-02-05", event="2024-05-08", precision="day")
    moved = told("2024-02-19", event="2024-05-09", precision="day")
    assert flight.turn_to(moved) == micros("2024-02-19")
    job = told("2023-05-01")
    assert job.turn_to(moved) == micros("2024-05-09")


def test_events_come_before_words() -> None:
    """What happened later is newer, though it was told first."""
    first = told("2024-01-01", event="2020-03-01")
    told_late = told("2024-06-01", event="2015-03-01")
    assert told_late.turn_to(first) == micros("2020-03-01")
    assert first.turn_to(told_late) is None


def test_what_is_to_come_is_so_from_when_it_was_said() -> None:
    """A ticket for next year can be sold this year; a job that starts in June replaces then."""
    ticket, sold = told("2026-01-01", event="2027-03-12"), told("2026-08-01")
    assert ticket.turn_to(sold) == micros("2026-08-01")
    assert sold.turn_to(ticket) is None
    assert told("2025-01-01").turn_to(ticket) == micros("2027-03-12")


@pytest.mark.parametrize(
    ("precision", "last"),
    [
        ("day", "2024-03-01T12:00"),
        ("week", "2024-03-07"),
        ("month", "2024-03-31"),
        ("season", "2024-05-31"),
        ("year", "2025-02-28"),
    ],
)
def test_a_period_ends_with_its_precision(precision: str, last: str) -> None:
    """What begins within a period is not behind it, and what begins after it is."""
    event = told("2024-03-01", "2024-03-01", precision)
    assert event.turn_to(told(last)) == micros(last)
    assert event.end > micros(last)
    assert event.end <= micros(last) + 86_400_000_000


@pytest.mark.parametrize(
    ("zone", "start", "precision", "end"),
    [
        ("Asia/Tokyo", "2026-10-31T15:00", "month", "2026-11-30T15:00"),
        ("Asia/Tokyo", "2025-12-31T15:00", "year", "2026-12-31T15:00"),
        ("America/New_York", "2026-11-01T04:00", "month", "2026-12-01T05:00"),
        ("Europe/Berlin", "2026-10-24T22:00", "day", "2026-10-25T23:00"),
        ("Europe/Berlin", "2026-03-22T23:00", "week", "2026-03-29T22:00"),
        ("", "2026-11-01T00:00", "month", "2026-12-01T00:00"),
    ],
)
def test_a_period_ends_by_the_calendar_of_its_own_zone(
    zone: str, start: str, precision: str, end: str
) -> None:
    """A month east of UTC is a whole month, a day on which clocks change has 23 or 25 hours."""
    memory = Memory()
    memory.event_time.start.FromDatetime(moment(start))
    memory.event_time.precision = PRECISIONS[precision]
    memory.event_time.time_zone = zone
    assert event_period(memory) == (micros(start), micros(end))


@given(
    st.integers(-62_135_596_800, 253_402_300_799)
    | st.integers(253_399_000_000, 253_402_300_799)
    | st.integers(-62_135_596_800, -62_135_000_000),
    st.sampled_from(list(PRECISIONS.values())),
    st.sampled_from(["", "Asia/Tokyo", "America/New_York", "Nowhere/City"]),
)
def test_every_period_has_a_moment(
    start: int, precision: TimePrecision.ValueType, zone: str
) -> None:
    """At the ends of the calendar too, where it is cut."""
    event = EventTime(start=Timestamp(seconds=start), precision=precision, time_zone=zone)
    first, after = event_period(Memory(event_time=event))
    assert first == start * 1_000_000 < after


def test_a_vague_event_gives_way_to_what_was_said_later() -> None:
    """What happened "in 2024", told in December, comes after a fact of March, not before it."""
    in_march, in_2024 = told("2024-03-05"), told("2024-12-01", "2024-01-01", "year")
    assert in_march.turn_to(in_2024) == micros("2024-12-01")
    assert in_2024.turn_to(in_march) is None


def test_what_was_said_at_once_has_no_order() -> None:
    """Two facts of one moment do not end each other."""
    assert told("2024-01-01").turn_to(told("2024-01-01")) is None


def test_a_birthday_does_not_date_what_was_said() -> None:
    """The event of a slot that tells of a birth is not when the statement begins to hold."""
    first = told("2023-01-01", event="1990-05-05", slot="user/birthday")
    corrected = told("2024-01-01", event="1990-05-04", slot="user/birthday")
    assert first.turn_to(corrected) == micros("2024-01-01")


@given(st.data())
def test_of_two_facts_at_most_one_is_newer(data: st.DataObject) -> None:
    """No two facts end each other, and an end always lies behind the beginning."""
    dates = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda d: d.isoformat())  # noqa: DTZ001 - a zone is added
    memories = [
        told(
            data.draw(dates),
            data.draw(dates | st.just("")),
            data.draw(st.sampled_from(list(PRECISIONS))),
        )
        for _ in range(2)
    ]
    one, other = memories
    turns = [(one, one.turn_to(other)), (other, other.turn_to(one))]
    assert any(turn is None for _, turn in turns)
    assert all(turn is None or turn > fact.start for fact, turn in turns)
