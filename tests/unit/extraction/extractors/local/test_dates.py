"""Dates are read against the moment they were said, and common words never as dates."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from agent_memory_services.extraction.domain.facts import Conversation, Precision
from agent_memory_services.extraction.extractors.local.dates import ground
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from tests.unit.extraction.extractors.local.talk import MONDAY, found, user


@pytest.mark.parametrize(
    ("said", "written", "start", "precision"),
    [
        ("went yesterday", "went on 7 May 2023", "2023-05-07", Precision.DAY),
        ("went on Friday", "went on 5 May 2023", "2023-05-05", Precision.DAY),
        ("went last Fri", "went on 5 May 2023", "2023-05-05", Precision.DAY),
        ("went last week", "went in the week of 1 May 2023", "2023-05-01", Precision.WEEK),
        (
            "went two weekends ago",
            "went on the weekend of 29 April 2023",
            "2023-04-29",
            Precision.WEEK,
        ),
        ("went last summer", "went in summer 2022", "2022-06-01", Precision.SEASON),
        ("went last winter", "went in winter 2022", "2022-12-01", Precision.SEASON),
        ("went in June", "went in June 2022", "2022-06-01", Precision.MONTH),
        ("went in 2019", "went in 2019", "2019-01-01", Precision.YEAR),
        ("went three years ago", "went in 2020", "2020-01-01", Precision.YEAR),
        ("went a few years ago", "went around 2020", "2020-01-01", Precision.YEAR),
        (
            "went the day before yesterday",
            "went on 6 May 2023",
            "2023-05-06",
            Precision.DAY,
        ),
        ("went last May", "went in May 2022", "2022-05-01", Precision.MONTH),
        ("went on the 3rd", "went on 3 May 2023", "2023-05-03", Precision.DAY),
    ],
)
def test_past_dates(said: str, written: str, start: str, precision: Precision) -> None:
    """In a statement about the past a date without a year is the nearest one before."""
    grounded = ground(said, MONDAY, past=True)
    assert grounded.text == written
    assert grounded.when is not None
    assert grounded.when.start.date().isoformat() == start
    assert grounded.when.precision is precision


@pytest.mark.parametrize(
    ("said", "written", "start"),
    [
        ("goes next month", "goes in June 2023", "2023-06-01"),
        ("goes on Friday", "goes on 12 May 2023", "2023-05-12"),
        ("goes in two weeks", "goes in the week of 22 May 2023", "2023-05-22"),
        ("goes tomorrow at 3pm", "goes on 9 May 2023 at 3pm", "2023-05-09T15:00"),
        ("goes at 9:30am tomorrow", "goes on 9 May 2023 at 9:30am", "2023-05-09T09:30"),
        ("goes on May 5th", "goes on 5 May 2024", "2024-05-05"),
        ("goes this summer", "goes in summer 2023", "2023-06-01"),
        ("goes for June 5-9", "goes for 5-9 June 2023", "2023-06-05"),
        ("goes on 2023-08-19", "goes on 19 August 2023", "2023-08-19"),
        ("goes in early September", "goes in early September 2023", "2023-09-01"),
        ("goes on the 3rd", "goes on 3 June 2023", "2023-06-03"),
    ],
)
def test_coming_dates(said: str, written: str, start: str) -> None:
    """In a statement about what is to come a date without a year is the nearest one ahead."""
    grounded = ground(said, MONDAY, past=False)
    assert grounded.text == written
    assert grounded.when is not None
    assert grounded.when.start.isoformat().startswith(start)


@pytest.mark.parametrize(
    "words",
    [
        "may march in the parade",
        "sat down with 3 friends and a second helping",
        "has 2019 files",
        "plays every Sunday",
        "plays on Sundays",
        "has worked for three months",
        "spent the past year on it",
        "reads one chapter in an hour",
        "scored 10/12 on version 1.5",
        "lives on the 4th floor",
        "spends $2000 in 5 minutes",
    ],
)
def test_common_words_are_no_dates(words: str) -> None:
    """Modal verbs, small numbers, habits and durations stay as they are."""
    assert ground(words, MONDAY, past=False).text == words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("went last year", datetime(1, 1, 2, tzinfo=UTC)),
        ("went two weeks ago", datetime(1, 1, 2, tzinfo=UTC)),
        ("went last month", datetime(1, 1, 2, tzinfo=UTC)),
        ("retires next year", datetime(9999, 12, 30, tzinfo=UTC)),
        ("leaves in three weeks", datetime(9999, 12, 30, tzinfo=UTC)),
        ("starts next month", datetime(9999, 12, 30, tzinfo=UTC)),
    ],
)
def test_what_lies_beyond_the_calendar_is_no_date(words: str, said: datetime) -> None:
    """The words stay as they are."""
    grounded = ground(words, said, past="went" in words)
    assert (grounded.text, grounded.when) == (words, None)


def test_limit_is_not_the_event() -> None:
    """A date an event lasts since or until is written out, and is not when it happened."""
    grounded = ground("has journaled since January", MONDAY, past=True)
    assert grounded.text == "has journaled since January 2023"
    assert grounded.when is None


def test_relative_date_counts_from_its_own_message() -> None:
    """Two messages of one run that both say "yesterday" mean two different days."""
    texts = [
        candidate.text
        for candidate in found(
            user("I ran a marathon yesterday."),
            user("I sold my car yesterday.", message_id="m2", at=MONDAY + timedelta(days=30)),
        )
    ]
    assert texts == ["User ran a marathon on 7 May 2023", "User sold their car on 6 June 2023"]


def test_relative_date_counts_in_the_speakers_zone() -> None:
    """At three in the morning of London it is still the day before in Los Angeles."""
    said = datetime(2023, 5, 8, 3, tzinfo=UTC)
    conversation = Conversation(
        [user("I had dinner with my parents yesterday.", at=said)],
        time_zone=ZoneInfo("America/Los_Angeles"),
    )
    (candidate,) = LocalExtractor().find(conversation)
    assert candidate.text == "User had dinner with their parents on 6 May 2023"
    assert candidate.event_time is not None
    assert candidate.event_time.start.tzinfo == ZoneInfo("America/Los_Angeles")


def test_zone_of_the_message_serves_without_one_of_the_user() -> None:
    """Where no zone is known for the user, the message's own offset counts."""
    said = datetime(2023, 5, 8, 1, tzinfo=timezone(timedelta(hours=9)))
    (candidate,) = found(user("I ran a marathon yesterday.", at=said))
    assert candidate.text == "User ran a marathon on 7 May 2023"


@pytest.mark.parametrize(
    ("message", "end"),
    [
        ("I have an exam tomorrow.", "2023-05-10T00:00"),
        ("My flight to Denver is on Friday.", "2023-05-13T00:00"),
        ("I have a call with Ana on Thursday at 10am.", "2023-05-12T00:00"),
    ],
)
def test_commitment_ends_with_its_day(message: str, end: str) -> None:
    """What is over after its day expires at the midnight that ends it."""
    (candidate,) = found(user(message))
    assert candidate.expire_time is not None
    assert candidate.expire_time.isoformat().startswith(end)


@pytest.mark.parametrize(
    "message",
    ["I have a meeting every Monday.", "I had an exam yesterday.", "I'm moving to Rome in June."],
)
def test_what_does_not_end_never_expires(message: str) -> None:
    """Habits, past events and changes that last do not expire."""
    (candidate,) = found(user(message))
    assert candidate.expire_time is None
