"""Statements of a model that can be understood alone, or are dropped."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent_memory_services.extraction.extractors.openai.answer import grounded

SAID = datetime(2023, 5, 8, 22, 56, tzinfo=ZoneInfo("Asia/Tokyo"))
"""A Monday; the day before in most of the world."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Dates, against the message's own day in the user's zone.
        ("User ran a marathon yesterday", "User ran a marathon on 7 May 2023"),
        ("User will fly to Rome next month", "User will fly to Rome in June 2023"),
        ("User's exam is tomorrow", "User's exam is on 9 May 2023"),
        ("User moved two years ago", "User moved in 2021"),
        ("User likes today's music", "User likes today's music"),
        ('User\'s favourite film is "Yesterday"', 'User\'s favourite film is "Yesterday"'),
        ("User met Ann on 3 May 2023", "User met Ann on 3 May 2023"),
        # Pronouns, places and things that nothing names.
        ("He works at Acme", None),
        ("She's a nurse", None),
        ("Their dog is called Rex", None),
        ("It was great", None),
        ("There is a meeting on 3 May 2023", None),
        ("This makes User happy", None),
        ("Thatcher was Ann's boss", "Thatcher was Ann's boss"),
        ("Itala lives in Rome", "Itala lives in Rome"),
    ],
)
def test_what_is_left_relative_is_written_out_or_dropped(text: str, expected: str | None) -> None:
    """Relative days become dates, and what names nobody is no statement."""
    assert grounded(text, SAID) == expected


def test_without_a_time_a_relative_day_means_nothing() -> None:
    """Nothing is resolved against the present day."""
    assert grounded("User ran a marathon yesterday", None) is None
    assert grounded("User runs", None) == "User runs"
