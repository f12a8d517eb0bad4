"""Periods in which facts are true, their order in time, and the place of one among its rivals.

Facts are ordered by what they tell of, not by when they arrive: by the time of the event, or else
by when they were said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from agent_memory.common.v1.memory_pb2 import ClaimModality, Memory, MemoryType, TimePrecision
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory_services.kit.contract.clock import in_zone, to_micros, to_timestamp
from agent_memory_services.kit.contract.messages import copied

_MONTHS: Final = {
    TimePrecision.TIME_PRECISION_MONTH: 1,
    TimePrecision.TIME_PRECISION_SEASON: 3,
    TimePrecision.TIME_PRECISION_YEAR: 12,
}
_DAYS: Final = {
    TimePrecision.TIME_PRECISION_DAY: 1,
    TimePrecision.TIME_PRECISION_WEEK: 7,
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST_MONTH: Final = 9999 * 12 + 11
_BIRTH: Final = frozenset({"birthday", "birth_date", "birthdate", "name", "origin", "age"})
"""Attributes whose event, such as the birth, does not tell since when the statement holds."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Beginning of a fact, in microseconds.

    What is said of an event to come, such as a plan or a ticket, is so from when it is said.

    Attributes:
        start: the first moment it may begin at.
        end: the first moment behind those; one that is known to the moment has one moment.
        said: when it was said.
        turn: when it takes the place of others, where that is later than its start.
        comes: when the event is that was still to come; 0 where there is none.
    """

    start: int
    end: int
    said: int
    turn: int = 0
    comes: int = 0

    @classmethod
    def of(cls, memory: Memory) -> Self:
        """Return the beginning of what a memory tells."""
        said = said_at(memory)
        if not memory.HasField("event_time") or memory.slot.rpartition("/")[2] in _BIRTH:
            return cls(said, said + 1, said)
        start, end = event_period(memory)
        if start <= said:
            return cls(start, end, said)
        planned = any(each.modality != ClaimModality.CLAIM_MODALITY_FACT for each in memory.claims)
        return cls(said, said + 1, said, said if planned else start, comes=start)

    def turn_to(self, newer: "Beginning") -> int | None:
        """Return the moment at which this fact ends as a newer one begins; None where it does not.

        None also where the order is not known. A newer event that is known to the month only may
        begin before an older one of that month; what was said later is then the newer. Of an event
        that is still to come when a newer one is told, nothing holds until that.
        """
        if newer.start >= self.end:
            return newer.start if self.comes > newer.said else max(newer.start, newer.turn)
        if newer.end <= self.start or newer.said <= self.said:
            return None
        turn = max(newer.start, newer.turn, min(newer.end, newer.said))
        return turn if turn > self.start else None


def said_at(memory: Memory) -> int:
    """Return the moment a memory's words were said, as far as is known; in microseconds."""
    if memory.validity.HasField("valid_from"):
        return to_micros(memory.validity.valid_from)
    return to_micros(memory.create_time)


def event_period(memory: Memory) -> tuple[int, int]:
    """Return the first moment of a memory's event, and the first behind it."""
    event = memory.event_time
    start = to_micros(event.start)
    if event.precision not in _DAYS and event.precision not in _MONTHS:
        return start, start + 1
    began = in_zone(event.start, event.time_zone, UTC)
    if event.precision in _DAYS:
        span = timedelta(days=_DAYS[event.precision])
        # Aware times of one zone add by its calendar, in which a day may have other than 24 hours.
        end = min(began, datetime.max.replace(tzinfo=began.tzinfo) - span) + span
    else:
        end = _months_later(began, _MONTHS[event.precision])
    return start, max(start + 1, _micros(end - _EPOCH))


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(min(moment.year * 12 + moment.month - 1 + months, _LAST_MONTH), 12)
    return datetime(year, month + 1, 1, tzinfo=moment.tzinfo)


def _micros(span: timedelta) -> int:
    return span // _MICROSECOND


FACTS: Final = (MemoryType.MEMORY_TYPE_SEMANTIC, MemoryType.MEMORY_TYPE_EPISODIC)
"""The types that say something; messages stay as they were said."""

_MOST_CHARACTERS: Final = 1_000
"""What is longer says many things."""


def is_fact(memory: Memory) -> bool:
    """Return true if a memory says one thing: no message, no summary of a thread, no long text."""
    summary = ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY
    says_one_thing = len(memory.text) <= _MOST_CHARACTERS
    return says_one_thing and memory.type in FACTS and memory.provenance.strategy != summary


def same_owner(one: Memory, other: Memory) -> bool:
    """Return true if two memories of a tenant have the same owner, or neither has one."""
    return (one.namespace, one.user_id) == (other.namespace, other.user_id)


def may_merge(one: Memory, other: Memory) -> bool:
    """Return true if two facts that say the same may merge: all else they tell agrees."""
    return (
        one.id != other.id
        and not one.pinned
        and not other.pinned
        and one.type == other.type
        and same_owner(one, other)
        and is_fact(one)
        and is_fact(other)
        and (not one.slot or not other.slot or one.slot == other.slot)
        and _ends_alike(one, other)
        and _events_agree(one, other)
    )


def _ends_alike(one: Memory, other: Memory) -> bool:
    return _expires(one) == _expires(other) and ends_at(one) == ends_at(other)


def _expires(memory: Memory) -> int | None:
    return to_micros(memory.expire_time) if memory.HasField("expire_time") else None


def ends_at(memory: Memory) -> int | None:
    """Return the moment a memory stops being true, in microseconds; None where it has no end."""
    validity = memory.validity
    return to_micros(validity.invalid_from) if validity.HasField("invalid_from") else None


def _events_agree(one: Memory, other: Memory) -> bool:
    """Return true if both can tell of one event, which has one time: their times overlap."""
    if one.HasField("event_time") and other.HasField("event_time"):
        (start, end), (begin, finish) = event_period(one), event_period(other)
        return start < finish and begin < end
    dated = one.HasField("event_time") or other.HasField("event_time")
    return not dated or one.type == MemoryType.MEMORY_TYPE_SEMANTIC


@dataclass(frozen=True, slots=True)
class Rival:
    """A fact that cannot be true at the same time as another.

    Attributes:
        memory: the fact.
        reason: why the older of the two ends, in words for a user.
    """

    memory: Memory
    reason: str


@dataclass(frozen=True, slots=True)
class Succession:
    """Place of a fact among the values of its slot, and the changes that follow from it.

    Attributes:
        fact: the fact, with its own validity; equal to what it was where nothing changes.
        ended: the older facts, each with its end; empty where it ends none.
        begun: the fact that ends it, where that did not say yet when it begins.
    """

    fact: Memory
    ended: Sequence[Memory]
    begun: Memory | None = None


def succession(fact: Memory, rivals: Iterable[Rival]) -> Succession:
    """Give a fact its place among facts that cannot be true at the same time.

    An end that a caller set stays, and so does a pinned fact: a person has spoken for both.

    Args:
        fact: the fact that is looked at.
        rivals: the others, of the same owner.
    """
    own = Beginning.of(fact)
    ended: list[Memory] = []
    later: dict[tuple[int, str], Rival] = {}
    for each in rivals:
        rival, other = each.memory, Beginning.of(each.memory)
        if (turn := other.turn_to(own)) is not None:
            if _may_end(rival, turn):
                ended.append(_ended(rival, other, turn, fact.id, each.reason))
        elif (turn := own.turn_to(other)) is not None:
            later[turn, rival.id] = each
    after = _begun(fact, own) if ended else fact
    if not later or not _may_end(after, min(later)[0]):
        return Succession(after, ended)
    first = min(later)
    turn, by = first
    rival = later[first].memory
    begun = _begun(rival, Beginning.of(rival))
    return Succession(
        _ended(after, own, turn, by, later[first].reason),
        ended,
        begun if begun is not rival else None,
    )


def _may_end(memory: Memory, turn: int) -> bool:
    """Return true if no caller set another end, and the fact does not end earlier already.

    An event that was extracted from a conversation ends by nature, and may fall through before.
    """
    end = ends_at(memory)
    by_nature = memory.HasField("event_time") and bool(memory.provenance.extractor)
    by_a_caller = end is not None and not memory.validity.superseded_by and not by_nature
    return not memory.pinned and not by_a_caller and (end is None or end > turn)


def _begun(fact: Memory, own: Beginning) -> Memory:
    """Return the fact, true from when it ends others on, so that at no moment two are."""
    known = fact.validity.HasField("valid_from")
    # What was said within a period that is known no better is so from when it was said.
    start = own.said if own.start <= own.said < own.end else own.start
    if fact.pinned or (known and to_micros(fact.validity.valid_from) <= start):
        return fact
    after = copied(fact)
    after.validity.valid_from.CopyFrom(to_timestamp(start))
    return after


def _ended(memory: Memory, own: Beginning, turn: int, by: str, reason: str) -> Memory:
    after = copied(memory)
    validity = after.validity
    if validity.HasField("valid_from") and to_micros(validity.valid_from) >= turn:
        # It was said later than it began.
        validity.valid_from.CopyFrom(to_timestamp(own.start))
    validity.invalid_from.CopyFrom(to_timestamp(turn))
    validity.superseded_by, validity.reason = by, reason
    return after
