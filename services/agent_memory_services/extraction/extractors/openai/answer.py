"""Reads a model's answer: data that is judged item by item, never trusted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """The candidates of an answer, and how many of its items were dropped, by reason.

    The reasons are `malformed`, `unknown_message` (it cites a message that was not shown),
    `unclear` (it cannot be understood alone) and `too_many`.
    """

    candidates: list[Candidate]
    reasons: Mapping[str, int]

    @property
    def dropped(self) -> int:
        """How many items were dropped."""
        return sum(self.reasons.values())


class _Dropped(Exception):  # noqa: N818 - named for what happened to an item
    """An item that is no fact; its only argument is the reason."""


def read_facts(text: str, frame: Frame) -> Verdict:
    """Judge every item of an answer; what only repeats a known memory is left out.

    A model may think aloud in JSON, so an answer holds as many lists as it likes: the first with
    an item that fits is the answer. There is nothing to find only where an empty list is all that
    the model says.

    Raises:
        ExtractionFailed: it holds no list of facts, or none of which anything fits.
    """
    empty, unfit = False, False
    for items in _lists(text):
        verdict, repeated = _judged(items, frame)
        if verdict.candidates or repeated:
            return verdict
        empty, unfit = empty or not items, unfit or bool(items)
    if empty and not unfit:
        return Verdict([], {})
    raise ExtractionFailed("bad_answer")


def _judged(items: Sequence[Any], frame: Frame) -> tuple[Verdict, int]:
    """What fits of a list, and how many of its items repeat a known memory."""
    candidates: list[Candidate] = []
    reasons: Counter[str] = Counter()
    repeated = 0
    for position, item in enumerate(items):
        if position >= _MOST_FACTS:
            reasons["too_many"] += len(items) - position
            break
        try:
            fact = _fact(item, frame)
        except _Dropped as dropped:
            reasons[str(dropped)] += 1
            continue
        if fact.repeats is not None and 1 <= fact.repeats <= frame.known:
            repeated += 1
        else:
            candidates.append(_candidate(fact, frame))
    return Verdict(candidates, reasons), repeated


def _lists(text: str) -> Iterator[list[Any]]:
    """The lists that may be the answer: those that are called so, else those of objects."""
    bare: list[list[Any]] = []
    called = False
    for value in json_values(text):
        facts = value.get("facts") if isinstance(value, dict) else value
        if not isinstance(facts, list):
            continue
        if isinstance(value, dict):
            called = True
            yield facts
        # A bare list may be any part of a broken answer, and an empty one proves nothing.
        elif facts and all(isinstance(fact, dict) for fact in facts):
            bare.append(facts)
    if not called:
        yield from bare


def _fact(item: Any, frame: Frame) -> FactAnswer:
    """The fact that an item states.

    Raises:
        _Dropped: it states none.
    """
    try:
        fact = FactAnswer.model_validate(item)
    except ValidationError:
        raise _Dropped("malformed") from None
    if any(not 1 <= number <= len(frame.message_ids) for number in fact.messages):
        raise _Dropped("unknown_message")
    text = grounded(fact.text, frame.latest(fact.messages))
    if not text:
        raise _Dropped("unclear")
    return fact.model_copy(update={"text": text})


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
