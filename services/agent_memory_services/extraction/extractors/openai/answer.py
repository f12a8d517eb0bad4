"""Answers of a model, read item by item into facts that are grounded.

Days that it left relative are written out against the time of the message; a statement about
a person or thing that it does not name is dropped.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from pydantic import ValidationError

from agent_memory_services.extraction.domain.facts import (
    Candidate,
    EventTime,
    ExtractionFailed,
    Kind,
    Precision,
    Wanted,
)
from agent_memory_services.extraction.extractors.local.dates import ground
from agent_memory_services.extraction.extractors.openai.facts import (
    FACTS,
    EventAnswer,
    FactAnswer,
)
from agent_memory_services.language.en.words import ANY_WEEKDAY
from agent_memory_services.shared.model_api.answers import listings

_SHORTENED: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_COARSENESS: Final = list(Precision)
"""From the moment to the year."""


def read_event(start: str, precision: str, zone: tzinfo) -> EventTime | None:
    """Return an event's time, moved to the start of its period; None where it cannot be read.

    What is written as a month or a year is never taken to be more exact.
    """
    moment = read_moment(start, zone)
    if moment is None:
        return None
    coarse = max(Precision(precision), _written(start), key=_COARSENESS.index)
    return EventTime(_period_start(moment, coarse), coarse)


def read_moment(text: str, zone: tzinfo) -> datetime | None:
    """Return a moment, in `zone` where it names none itself; None where it cannot be read."""
    moment = _parse(text.strip())
    # The first and the last year leave no room for zones and periods.
    if moment is None or not MINYEAR < moment.year < MAXYEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _parse(text: str) -> datetime | None:
    try:
        if shortened := _SHORTENED.fullmatch(text):
            year, month, day = (int(part or 1) for part in shortened.groups())
            return datetime(year, month, day)  # noqa: DTZ001 - the caller adds the zone
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _written(text: str) -> Precision:
    shortened = _SHORTENED.fullmatch(text.strip())
    if shortened is None:
        return Precision.INSTANT
    _, month, day = shortened.groups()
    return Precision.DAY if day else Precision.MONTH if month else Precision.YEAR


def _period_start(moment: datetime, precision: Precision) -> datetime:
    if precision is Precision.INSTANT:
        return moment
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match precision:
        case Precision.WEEK:
            return day - timedelta(days=day.weekday())
        case Precision.MONTH:
            return day.replace(day=1)
        case Precision.SEASON:
            # Seasons start in December, March, June and September.
            since = day.month % 3
            year = day.year - 1 if day.month < since + 1 else day.year
            return day.replace(year=year, month=(day.month - since - 1) % 12 + 1, day=1)
        case Precision.YEAR:
            return day.replace(month=1, day=1)
    return day


_UNNAMED: Final = re.compile(
    r"^(?:(?:he|she|they|it|his|her|hers|their|its|these|those)\b"
    r"|(?:this|that|there|here)(?: (?:is|was|will|has|had|went|happened|makes?|made)\b|'s\b))",
    re.IGNORECASE,
)
_PERIOD: Final = (
    r"(?:night|week|weekend|month|year|spring|summer|autumn|fall|winter"
    rf"|{ANY_WEEKDAY})"
)
_RELATIVE: Final = re.compile(
    r"\b(?:(?:yesterday|today|tonight|tomorrow)(?!'s\b|\w)|(?:last|next) "
    rf"{_PERIOD}\b|this (?:morning|afternoon|evening)\b"
    r"|(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|a few|a couple of) "
    r"(?:day|week|month|year)s? ago\b)",
    re.IGNORECASE,
)
_PAST: Final = re.compile(r"\b(?:yesterday|last|ago|\w+ed|was|were|had|went|did|got)\b")
_QUOTED: Final = re.compile(r"[\"\u201c\u00ab]")


def grounded(text: str, said: datetime | None) -> str | None:
    """Return a statement with its days written out; None where it cannot be understood alone.

    Args:
        text: What the model wrote.
        said: When the latest of its messages was said, in the user's zone; None is not known.
    """
    if _UNNAMED.match(text):
        return None
    # A quoted text, such as a title, is no date.
    if _QUOTED.search(text) or not _RELATIVE.search(text):
        return text
    if said is None:
        return None
    written = ground(text, said, past=_PAST.search(text) is not None).text
    return None if _RELATIVE.search(written) else written


_MAX_TAG: Final = 100
_MAX_TAGS: Final = 10
_MOST_FACTS: Final = 200
"""Of one answer; no window of a conversation states more."""


_WORD: Final = re.compile(r"\w{4,}")


def _words(text: str) -> Iterator[str]:
    """Yield the beginnings of the longer words of a text, which survive other endings."""
    return (word[:5] for word in _WORD.findall(text.lower()))


@dataclass(frozen=True, slots=True)
class Frame:
    """Messages and memories that an answer may refer to.

    Attributes:
        message_ids: The messages by the number the model knows them by, from 1.
        known: How many memories it was shown, numbered from 1.
        zone: The zone of moments that name none.
        said: When each of the messages was said; empty where that is not known.
        texts: What each of them says, likewise.
        users: Numbers of the messages that users said; only they may ask to forget something.
        memory_ids: Ids of the memories that it was shown; empty where they are not known.
    """

    message_ids: Sequence[str]
    known: int
    zone: tzinfo
    said: Sequence[datetime] = ()
    texts: Sequence[str] = ()
    users: Container[int] = ()
    memory_ids: Sequence[str] = ()

    def sources(self, fact: FactAnswer) -> Sequence[int]:
        """Return the numbers of the messages that state a fact; empty where it cites none of them.

        A fact without any number is of the messages that it shares words with, else of all.
        """
        every = range(1, len(self.message_ids) + 1)
        if fact.messages is not None:
            return [number for number in fact.messages if number in every]
        words = set(_words(fact.text))
        alike = (at for at, text in enumerate(self.texts, 1) if words & set(_words(text)))
        return list(alike) or list(every)

    def latest(self, numbers: Sequence[int]) -> datetime | None:
        """Return when the latest of some messages was said, in the zone."""
        if not self.said:
            return None
        return max(self.said[number - 1] for number in numbers).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The candidates of an answer, what it asks to forget, and what was dropped, by reason.

    The reasons are `malformed`, `unknown_message` (it cites a message that was not shown),
    `unclear` (it cannot be understood alone), `not_asked` (no user asks to forget it) and
    `too_many`; `unknown_memory` counts numbers of memories that were not shown, of items that
    stand without them.
    """

    candidates: list[Candidate]
    reasons: Mapping[str, int]
    wanted: Sequence[Wanted] = ()

    @property
    def dropped(self) -> int:
        """Number of dropped items."""
        return sum(self.reasons.values())


class _Dropped(Exception):  # noqa: N818 - named for what happened to an item
    """An item that is no fact; its only argument is the reason."""


def read_facts(text: str, frame: Frame) -> Verdict:
    """Judge every item of an answer; what only repeats a known memory is left out.

    A model may think aloud in JSON, so an answer holds as many lists as it likes: the last with
    an item that fits is the answer. There is nothing to find only where an empty list is the last
    that the model says, or all that it says.

    Raises:
        ExtractionFailed: it holds no list of facts, or none of which anything fits.
    """
    empty, unfit = False, Counter[str]()
    for listing in listings(text, FACTS):
        verdict, repeated = _judged(listing.items, frame)
        if verdict.candidates or verdict.wanted or repeated:
            return verdict
        if not listing.items and listing.last and not unfit:
            return verdict
        empty = empty or not listing.items
        unfit = unfit or Counter(verdict.reasons)
    if empty and not unfit:
        return Verdict([], {})
    raise ExtractionFailed("bad_answer", dropped=unfit)


def _judged(items: Sequence[Any], frame: Frame) -> tuple[Verdict, int]:
    """Return the valid items of a list, and how many of its items repeat a known memory."""
    candidates: list[Candidate] = []
    wanted: list[Wanted] = []
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
        shown = [number for number in dict.fromkeys(fact.ends) if 1 <= number <= frame.known]
        if unknown := len(set(fact.ends)) - len(shown):
            reasons["unknown_memory"] += unknown
        ends = tuple(frame.memory_ids[number - 1] for number in shown if frame.memory_ids)
        if fact.kind == _FORGET:
            wanted.append(_wanted(fact, ends, frame))
        elif fact.repeats is not None and 1 <= fact.repeats <= frame.known and not ends:
            repeated += 1
        else:
            candidates.append(
                replace(_candidate(fact, frame), ends=ends, compared=tuple(frame.memory_ids))
            )
    return Verdict(candidates, reasons, wanted), repeated


_FORGET: Final = "forget"


def _wanted(fact: FactAnswer, memory_ids: tuple[str, ...], frame: Frame) -> Wanted:
    latest = max(fact.messages or [1])
    said = frame.said[latest - 1] if frame.said else datetime.now(UTC)
    return Wanted(fact.text, frame.message_ids[latest - 1], said, memory_ids=memory_ids)


def _fact(item: Any, frame: Frame) -> FactAnswer:
    """Return the fact that an item states.

    Raises:
        _Dropped: it states none.
    """
    try:
        fact = FactAnswer.model_validate(item)
    except ValidationError:
        raise _Dropped("malformed") from None
    messages = frame.sources(fact)
    if not messages:
        raise _Dropped("unknown_message")
    if fact.kind == _FORGET:
        if not all(number in frame.users for number in messages):
            raise _Dropped("not_asked")
        return fact.model_copy(update={"messages": messages})
    text = grounded(fact.text, frame.latest(messages))
    if not text:
        raise _Dropped("unclear")
    return fact.model_copy(update={"text": text, "messages": messages})


def _candidate(fact: FactAnswer, frame: Frame) -> Candidate:
    return Candidate(
        text=fact.text,
        kind=Kind(fact.kind),
        message_ids=tuple(frame.message_ids[at - 1] for at in sorted(set(fact.messages or ()))),
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
