"""Dates of a statement, written out in full, and the time of its event."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent_memory_services.extraction.domain.facts import EventTime
from agent_memory_services.extraction.extractors.local.date_phrases import (
    CLOCK_FIRST,
    DATE_PHRASE,
    QUICK,
)
from agent_memory_services.extraction.extractors.local.date_resolution import resolve
from agent_memory_services.extraction.extractors.local.words import words

_OF_THE_EVENT: Final = words("date_of_event") | {"back in", ""}


@dataclass(frozen=True, slots=True)
class Grounded:
    """A text whose relative dates are absolute.

    Attributes:
        text: The text with its dates written out.
        when: When the event is; None when the text does not tell.
        nearest: The first date of the text, be it the event's or only its limit.
    """

    text: str
    when: EventTime | None
    nearest: EventTime | None


def ground(text: str, said: datetime, *, past: bool) -> Grounded:
    """Resolve the date phrases of one statement.

    Args:
        text: The statement.
        said: When it was said, in the speaker's time zone.
        past: Whether it is about the past; decides where "on Friday" and "in June" look.
    """
    if not QUICK.search(text):
        return Grounded(text, None, None)
    dates: list[EventTime] = []
    events: list[EventTime] = []

    def written(match: re.Match[str]) -> str:
        preposition = (match["preposition"] or "").lower()
        # "It was moved to Friday" and "I booked it for May" look ahead whatever their tense.
        looking_back = (past or preposition == "since") and preposition not in {"for", "to"}
        period = resolve(match, said, past=looking_back)
        if period is None:
            return match[0]
        dates.append(period.when)
        if preposition in _OF_THE_EVENT:
            events.append(period.when)
        before = preposition if preposition in words("date_limits") else period.preposition
        return f"{before} {period.name}{match['clock'] or ''}"

    text = CLOCK_FIRST.sub(r"\g<day> \g<clock>", text)
    text = DATE_PHRASE.sub(written, text)
    return Grounded(text, events[0] if events else None, dates[0] if dates else None)
