"""Text of memories, summaries and messages in a prompt."""

from collections.abc import Iterator, Mapping
from datetime import time as time_of_day
from datetime import timedelta, tzinfo
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import EventTime, Memory, TimePrecision
from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.clock import in_zone, to_datetime
from agent_memory_services.working_memory.domain.session import Shown
from agent_memory_services.working_memory.domain.windows import MESSAGE_TOKENS, count_tokens
from agent_memory_services.working_memory.prompt.model import Line

_TIME_FORMATS: Final = {
    TimePrecision.TIME_PRECISION_WEEK: "week of %Y-%m-%d",
    TimePrecision.TIME_PRECISION_MONTH: "%Y-%m",
    TimePrecision.TIME_PRECISION_SEASON: "quarter from %Y-%m",
    TimePrecision.TIME_PRECISION_YEAR: "%Y",
}
_INSTANTS: Final = frozenset(
    {TimePrecision.TIME_PRECISION_UNSPECIFIED, TimePrecision.TIME_PRECISION_INSTANT}
)
_DAYS: Final = _INSTANTS | {TimePrecision.TIME_PRECISION_DAY}
_DAY: Final = "%Y-%m-%d"
_MOMENT: Final = "%Y-%m-%d %H:%M"
_MOST_RIVALS: Final = 3
"""Contradicting memories that a line quotes; the others are counted."""
_LONGEST_RIVAL: Final = 200
"""Characters of a contradicting memory that a line quotes."""


def bullet(memory: Memory, reader: tzinfo, rivals: Mapping[str, Memory]) -> str:
    """Return a memory in one line, whatever its text, with what it is judged by.

    These are the time it speaks of, the day it was said, the day from which it is no longer true,
    and what contradicts it. Nothing in the line depends on the present, so that providers can
    reuse a prompt.

    Args:
        memory: The memory.
        reader: The zone in which times are told that have none of their own.
        rivals: Memories by id, among them those that contradict it.
    """
    marks = "; ".join([*_times(memory, reader), *_conflicts(memory, reader, rivals)])
    return f"- {_text(memory)} ({marks})" if marks else f"- {_text(memory)}"


def list_tokens(line: str) -> int:
    """Return the tokens that a line adds to a message."""
    return count_tokens(line) + 1


def system_line(*paragraphs: str) -> Line:
    """Return a system message of a title and the lines below it."""
    content = "\n".join(paragraphs)
    return Line("system", content, MESSAGE_TOKENS + sum(map(list_tokens, paragraphs)))


def title_tokens(title: str) -> int:
    """Return the tokens of a system message before its first line."""
    return MESSAGE_TOKENS + list_tokens(title)


def question_line(query: str) -> Line:
    """Return the question."""
    return Line("user", query, MESSAGE_TOKENS + count_tokens(query))


def history_line(shown: Shown) -> Line:
    """Return a message of the session, as it is."""
    message: Message = shown.message
    return Line(
        role=message.role,
        content=message.content,
        tokens=shown.entry.tokens,
        tool_calls=tuple(message.tool_calls),
        tool_call_id=message.tool_call_id,
        name=message.name,
        parts=tuple(message.parts),
        original=message.original,
    )


def _times(memory: Memory, reader: tzinfo) -> Iterator[str]:
    if memory.HasField("event_time"):
        yield _time(memory.event_time, reader)
    if memory.HasField("create_time") and not _was_told_at_once(memory, reader):
        yield f"said {_day(memory.create_time, reader)}"
    if memory.validity.HasField("invalid_from"):
        yield f"no longer true from {_day(memory.validity.invalid_from, reader)}"
    if memory.HasField("forget_request_time"):
        yield f"its user asked on {_day(memory.forget_request_time, reader)} to forget it"


def _was_told_at_once(memory: Memory, reader: tzinfo) -> bool:
    """Return true if a day was told of on itself or on the next: its date says when it was said.

    What is over or in conflict always tells the day on which it was said.
    """
    event = memory.event_time
    judged = memory.conflicts_with or memory.validity.HasField("invalid_from")
    if judged or not memory.HasField("event_time") or event.precision not in _DAYS:
        return False
    day = in_zone(event.start, event.time_zone, reader).date()
    said = to_datetime(memory.create_time).astimezone(reader).date()
    return timedelta(0) <= said - day <= timedelta(days=1)


def _conflicts(memory: Memory, reader: tzinfo, rivals: Mapping[str, Memory]) -> Iterator[str]:
    """Yield what contradicts a memory, as far as the reader may see it."""
    known = [rivals[each] for each in memory.conflicts_with if each in rivals]
    told = [f'"{_cut(_text(each))}"{_said(each, reader)}' for each in known[:_MOST_RIVALS]]
    if more := len(memory.conflicts_with) - len(told):
        other = "more" if told else "other"
        told.append(f"{more} {other} memories" if more > 1 else f"one {other} memory")
    if told:
        yield f"in conflict with {' and '.join(told)}"


def _said(memory: Memory, reader: tzinfo) -> str:
    return f", said {_day(memory.create_time, reader)}" if memory.HasField("create_time") else ""


def _text(memory: Memory) -> str:
    return " ".join(memory.text.split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_RIVAL else f"{text[:_LONGEST_RIVAL].rstrip()}..."


def _day(moment: Timestamp, reader: tzinfo) -> str:
    return to_datetime(moment).astimezone(reader).date().isoformat()


def _time(event: EventTime, reader: tzinfo) -> str:
    """Return a time as exactly as it is known; a moment at midnight is a day."""
    start = in_zone(event.start, event.time_zone, reader)
    if event.precision in _INSTANTS and start.time() != time_of_day.min:
        return f"{start.strftime(_MOMENT)} {start.tzinfo}"
    return start.strftime(_TIME_FORMATS.get(event.precision, _DAY))
