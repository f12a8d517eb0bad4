"""Memories of the time that a question speaks of, or that tell a time where it asks for one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.en.words import ANY_MONTH, ANY_WEEKDAY
from agent_memory_services.long_term_memory.search.scores import Floats
from agent_memory_services.long_term_memory.search.signals import Evidence

_DAY: Final = 86_400_000_000
# What happened is told afterwards, mostly within the week; and days differ around the world.
_TOLD_LATE: Final = 7 * _DAY
_TOLD_EARLY: Final = _DAY
_REMEMBERED_TEXTS: Final = 1024
_REMEMBERED_CHARACTERS: Final = 1000

_LENGTHS: Final = {
    TimePrecision.TIME_PRECISION_DAY: _DAY,
    TimePrecision.TIME_PRECISION_WEEK: 7 * _DAY,
    TimePrecision.TIME_PRECISION_MONTH: 31 * _DAY,
    TimePrecision.TIME_PRECISION_SEASON: 92 * _DAY,
    TimePrecision.TIME_PRECISION_YEAR: 366 * _DAY,
}
_TIME_WORDS: Final = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|last|next|this|ago|since|recently|just|morning|night|"
    r"days?|week(?:end)?s?|months?|years?|"
    rf"{ANY_WEEKDAY}|{ANY_MONTH}|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeNearness:
    """Nearness of a memory's time to a time of the question.

    1 within it, falling to 0 within a week after it.

    Attributes:
        weight: worth of a memory of that time.
        spans: the question's times, in microseconds: first moment, first moment after.
    """

    weight: float
    spans: Sequence[tuple[int, int]]
    name: str = "temporal.nearness"

    def measure(self, evidence: Evidence) -> Floats:
        """Return the nearness to the nearest span, for each memory."""
        return np.array([max(self._values(memory)) for memory in evidence.memories])

    def _values(self, memory: Memory) -> Iterator[float]:
        start, end = _period(memory)
        for first, after in self.spans:
            late = max(0, start - after) / _TOLD_LATE
            yield 0.0 if end < first - _TOLD_EARLY else max(0.0, 1.0 - late)


@dataclass(frozen=True, slots=True)
class ToldTime:
    """Telling a time, for a question that asks for one.

    Attributes:
        weight: worth of telling one.
    """

    weight: float
    name: str = "temporal.told"

    def measure(self, evidence: Evidence) -> Floats:
        """Return 1 for each memory that tells a time, 0 for others."""
        return np.array(list(map(float, _tell(evidence.memories))))


def _tell(memories: Iterable[Memory]) -> Iterator[bool]:
    for memory in memories:
        # Every message has the time at which it was said; that tells nothing about its content.
        dated = memory.HasField("event_time") and memory.type != MemoryType.MEMORY_TYPE_MESSAGE
        yield dated or mentions_time(memory.text)


@remembered(_REMEMBERED_TEXTS, longest=_REMEMBERED_CHARACTERS)
def mentions_time(text: str) -> bool:
    """Return true if a text has a word of time."""
    return bool(_TIME_WORDS.search(text))


def _period(memory: Memory) -> tuple[int, int]:
    """First and last moment of what a memory is about, or when it was stored."""
    if not memory.HasField("event_time"):
        stored = to_micros(memory.create_time)
        return stored, stored
    start = to_micros(memory.event_time.start)
    return start, start + _LENGTHS.get(memory.event_time.precision, 0)
