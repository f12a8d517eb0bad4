"""How the moments a model writes are read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.domain.facts import Precision
from agent_memory_services.extraction.extractors.openai.answer import read_event, read_moment

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001 - Hypothesis wants these


@pytest.mark.parametrize(
    ("start", "precision", "expected", "exactly"),
    [
        ("2023-06-05T10:30:00", "instant", "2023-06-05T10:30:00", Precision.INSTANT),
        ("2023-06-05T10:30:00", "day", "2023-06-05T00:00:00", Precision.DAY),
        ("2023-06-05", "instant", "2023-06-05T00:00:00", Precision.DAY),
        ("2023-06-07", "week", "2023-06-05T00:00:00", Precision.WEEK),
        ("2023-06", "day", "2023-06-01T00:00:00", Precision.MONTH),
        ("2023", "day", "2023-01-01T00:00:00", Precision.YEAR),
        ("2023-01-15", "season", "2022-12-01T00:00:00", Precision.SEASON),
        ("2023-04-15", "season", "2023-03-01T00:00:00", Precision.SEASON),
        ("2023-12-31", "season", "2023-12-01T00:00:00", Precision.SEASON),
        ("2023-08-31", "season", "2023-06-01T00:00:00", Precision.SEASON),
    ],
)
def test_an_event_starts_where_its_period_starts(
    start: str, precision: str, expected: str, exactly: Precision
) -> None:
    """Times are moved to the start of the period, and never more exact than written."""
    event = read_event(start, precision, BERLIN)
    assert event is not None
    assert event.start == datetime.fromisoformat(expected).replace(tzinfo=BERLIN)
    assert event.precision is exactly


def test_a_moment_keeps_the_zone_it_names() -> None:
    """Only what names no zone is meant in the user's."""
    assert read_moment("2023-06-05T10:00:00Z", BERLIN) == datetime(2023, 6, 5, 10, tzinfo=UTC)
    assert read_moment("2023-06-05T10:00:00", BERLIN) == datetime(2023, 6, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "tomorrow", "2023-13-01", "2023-02-30", "0001-01-01", "9999"])
def test_what_is_no_moment_is_none(text: str) -> None:
    """Words, impossible dates and the ends of the calendar are left out."""
    assert read_moment(text, UTC) is None


@given(st.datetimes(FIRST, LAST), st.sampled_from(list(Precision)))
def test_every_moment_of_the_calendar_has_its_period(
    moment: datetime, precision: Precision
) -> None:
    """A period never starts after the moment that lies in it."""
    event = read_event(moment.isoformat(), precision.value, UTC)
    assert event is not None
    assert event.start <= moment.replace(tzinfo=UTC)
