"""The times that questions speak of."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.search.temporal.intent import asks_when, spoken_times

_WEDNESDAY = datetime(2024, 5, 15, 12, tzinfo=UTC)


def spoken(question: str) -> list[tuple[str, str, str]]:
    """Phrase, first day and first day after of each time, asked on a Wednesday of May."""
    return [
        (found.phrase, f"{found.start:%Y-%m-%d}", f"{found.end:%Y-%m-%d}")
        for found in spoken_times(question, _WEDNESDAY)
    ]


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What happened on March 16, 2022?", "2022-03-16", "2022-03-17"),
        ("on the 1st of May 2022", "2022-05-01", "2022-05-02"),
        ("on 2023-02-14", "2023-02-14", "2023-02-15"),
        ("on May 3", "2024-05-03", "2024-05-04"),
        ("on 20 May", "2023-05-20", "2023-05-21"),
        ("in April 2022", "2022-04-01", "2022-05-01"),
        ("in may 2022", "2022-05-01", "2022-06-01"),
        ("in Sept. 2020", "2020-09-01", "2020-10-01"),
        ("in May", "2024-05-01", "2024-06-01"),
        ("last December", "2023-12-01", "2024-01-01"),
        ("next June", "2024-06-01", "2024-07-01"),
        ("next January", "2025-01-01", "2025-02-01"),
        ("in the summer of 2021", "2021-06-01", "2021-09-01"),
        ("last spring", "2023-03-01", "2023-06-01"),
        ("this spring", "2024-03-01", "2024-06-01"),
        ("last winter", "2023-12-01", "2024-03-01"),
        ("next autumn", "2024-09-01", "2024-12-01"),
        ("in 2019", "2019-01-01", "2020-01-01"),
        ("since 2019", "2019-01-01", "2024-05-15"),
        ("since last June", "2023-06-01", "2024-05-15"),
        ("yesterday", "2024-05-14", "2024-05-15"),
        ("tomorrow", "2024-05-16", "2024-05-17"),
        ("last week", "2024-05-06", "2024-05-13"),
        ("this weekend", "2024-05-18", "2024-05-20"),
        ("next month", "2024-06-01", "2024-07-01"),
        ("last year", "2023-01-01", "2024-01-01"),
        ("last Friday", "2024-05-10", "2024-05-11"),
        ("last Wednesday", "2024-05-08", "2024-05-09"),
        ("next Wednesday", "2024-05-22", "2024-05-23"),
        ("two days ago", "2024-05-13", "2024-05-14"),
        ("3 weeks ago", "2024-04-22", "2024-04-29"),
        ("7 months ago", "2023-10-01", "2023-11-01"),
        ("a year ago", "2023-01-01", "2024-01-01"),
        ("in the last 3 days", "2024-05-12", "2024-05-16"),
        ("over the past couple of weeks", "2024-05-01", "2024-05-16"),
    ],
)
def test_times_are_read(question: str, start: str, end: str) -> None:
    """Dates, periods and relative times mean what they mean on the day of the question."""
    assert [times for _, *times in spoken(question)] == [[start, end]]


@pytest.mark.parametrize(
    "question",
    [
        "May I march to the sun?",
        "what may she do second",
        "How did they spring into action and fall in love?",
        "How many of the 12 rooms have 2 doors?",
        "Is room 2019 free?",
        "What is the last thing he said?",
        "on February 30, 2021",
        "a few years ago",
        "Is it now or never?",
        "",
    ],
)
def test_common_words_and_numbers_are_no_times(question: str) -> None:
    """What can mean something else is not read as a time."""
    assert spoken(question) == []


def test_several_times_stand_in_the_order_of_the_question() -> None:
    """Each phrase is read once, by the most telling rule."""
    assert [phrase for phrase, *_ in spoken("in 2019, on May 3, 2020 and last Friday")] == [
        "in 2019",
        "May 3, 2020",
        "last Friday",
    ]


def test_days_begin_where_the_question_is_asked() -> None:
    """A day starts at midnight of the question's zone."""
    [found] = spoken_times("yesterday", _WEDNESDAY.astimezone(ZoneInfo("Asia/Tokyo")))
    assert found.start.astimezone(UTC) == datetime(2024, 5, 13, 15, tzinfo=UTC)


@given(st.text(), st.datetimes(timezones=st.just(UTC)))
def test_any_text_can_be_read_on_any_day(question: str, asked: datetime) -> None:
    """Nothing fails, and a time never ends before it starts."""
    for text in (question, f"{question} 999 years ago", "next year", "tomorrow", "last week"):
        for found in spoken_times(text, asked):
            assert found.start < found.end
            assert found.phrase in text


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When did she leave?", True),
        ("Since when?", True),
        ("How long have they been there?", True),
        ("What year was it?", True),
        ("Where did she go?", False),
        ("What whenever?", False),
    ],
)
def test_questions_for_a_time(question: str, asked: bool) -> None:
    """Only some questions look for a time."""
    assert asks_when(question) is asked
