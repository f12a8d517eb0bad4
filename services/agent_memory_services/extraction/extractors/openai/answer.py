"""Reads a model's answer: data that is judged item by item, never trusted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from pydantic import ValidationError

from agent_memory_services.extraction.extractors.base import (
    Candidate,
    EventTime,
    ExtractionFailed,
    Kind,
)
from agent_memory_services.extraction.extractors.openai.facts import EventAnswer, FactAnswer
from agent_memory_services.extraction.extractors.openai.grounding import grounded
from agent_memory_services.extraction.extractors.openai.moments import read_event, read_moment
from agent_memory_services.runtime.model_api.json_answers import json_values

_MAX_TAG: Final = 100
_MAX_TAGS: Final = 10
_MOST_FACTS: Final = 200
"""Of one answer; no window of a conversation states more."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What an answer may refer to.

    Attributes:
        message_ids: The messages by the number the model knows them by, from 1.
        known: How many memories it was shown, numbered from 1.
        zone: The zone of moments that name none.
        said: When each of the messages was said; empty where that is not known.
    """

    message_ids: Sequence[str]
    known: int
    zone: tzinfo
    said: Sequence[datetime] = ()

    def latest(self, numbers: Sequence[int]) -> datetime | None:
        """When the latest of some messages was said, in the zone."""
        if not self.said:
            return None
        return max(self.said[number - 1] for number in numbers).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The candidates of an answer, and how many of its items were dropped as invalid."""

    candidates: list[Candidate]
    dropped: int


def read_facts(text: str, frame: Frame) -> Verdict:
    """Judge every item of an answer; what only repeats a known memory is left out.

    Raises:
        ExtractionFailed: it is no list of facts at all.
    """
    candidates: list[Candidate] = []
    dropped = 0
    for position, item in enumerate(_items(text)):
        fact = _fact(item, frame) if position < _MOST_FACTS else None
        if fact is None:
            dropped += 1
        elif fact.repeats is None or not 1 <= fact.repeats <= frame.known:
            candidates.append(_candidate(fact, frame))
    return Verdict(candidates, dropped)


def _items(text: str) -> list[Any]:
    for value in json_values(text):
        facts = value.get("facts") if isinstance(value, dict) else value
        if not isinstance(facts, list):
            continue
        # A bare list may be any part of a broken answer, and an empty one proves nothing.
        if isinstance(value, dict) or (facts and all(isinstance(fact, dict) for fact in facts)):
            return facts
    raise ExtractionFailed("bad_answer")


def _fact(item: Any, frame: Frame) -> FactAnswer | None:
    try:
        fact = FactAnswer.model_validate(item)
    except ValidationError:
        return None
    if any(not 1 <= number <= len(frame.message_ids) for number in fact.messages):
        return None
    text = grounded(fact.text, frame.latest(fact.messages))
    return fact.model_copy(update={"text": text}) if text else None


def _candidate(fact: FactAnswer, frame: Frame) -> Candidate:
    return Candidate(
        text=fact.text,
        kind=Kind(fact.kind),
        message_ids=tuple(frame.message_ids[number - 1] for number in sorted(set(fact.messages))),
        topics=_tags(topic.lower() for topic in fact.topics),
        entities=_tags(fact.entities),
        event_time=_event_time(fact.event, frame.zone),
        expire_time=read_moment(fact.expires, frame.zone) if fact.expires else None,
        standing=fact.standing,
        slot=fact.slot,
    )


def _event_time(event: EventAnswer | None, zone: tzinfo) -> EventTime | None:
    return read_event(event.start, event.precision, zone) if event else None


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    fitting = (tag.strip() for tag in tags if 0 < len(tag.strip()) <= _MAX_TAG)
    return tuple(dict.fromkeys(fitting))[:_MAX_TAGS]
