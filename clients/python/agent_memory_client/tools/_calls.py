"""Calls that a model makes: as the providers write them, within bounds, and their results."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Any, NamedTuple, TypeAlias

from agent_memory_client._types import build, zone_of
from agent_memory_client.errors import MemoryValidationError
from agent_memory_client.models import MemoryRecord, TimePrecision

_ARGUMENT_KEYS = ("arguments", "input", "args", "parameters")
_SHOWN = {
    "id",
    "text",
    "memory_type",
    "topics",
    "entities",
    "event_date",
    "created_at",
    "score",
}


class ToolCallResult(dict[str, Any]):
    """Result of a tool call; a dictionary that serializes to JSON, with its keys as properties.

    `formatted_response` is what to send back to the model: it holds the memories themselves, or
    says what went wrong.
    """

    @property
    def success(self) -> bool:
        """Tell whether the tool did what was asked."""
        return bool(self["success"])

    @property
    def function_name(self) -> str:
        """Name of the tool that was called, as the model wrote it."""
        return str(self["function_name"])

    @property
    def result(self) -> Any:
        """Answer of the tool, as JSON; none after an error."""
        return self["result"]

    @property
    def error(self) -> str | None:
        """Description of what went wrong; none after a success."""
        error: str | None = self["error"]
        return error

    @property
    def formatted_response(self) -> str:
        """Answer in words, for the model."""
        return str(self["formatted_response"])

    @property
    def tool_call_id(self) -> str | None:
        """Id of the call, where the provider gave it one."""
        return self.get("tool_call_id")

    @classmethod
    def succeeded(cls, function_name: str, result: Any, text: str) -> "ToolCallResult":
        """Make the result of a tool that did what was asked."""
        return cls(
            success=True,
            function_name=function_name,
            result=result,
            error=None,
            formatted_response=text,
        )

    @classmethod
    def failed(cls, function_name: str, error: str) -> "ToolCallResult":
        """Make the result of a tool that could not do what was asked."""
        return cls(
            success=False,
            function_name=function_name,
            result=None,
            error=error,
            formatted_response=f"The tool failed: {error}",
        )


@dataclass(frozen=True, slots=True)
class ToolCallRequest:
    """A call that a model asks for, whoever's model it is."""

    name: str
    arguments: Any
    call_id: str | None


def read_tool_call(call: Any) -> ToolCallRequest:
    """Read a call of OpenAI (new and old form), Anthropic, LangChain or the plain form.

    Args:
        call: A mapping, or an object of the provider's SDK.

    Raises:
        MemoryValidationError: It names no function.
    """
    content = _as_mapping(call)
    inner = _as_mapping(content.get("function") or content.get("function_call") or content)
    name = inner.get("name")
    if not isinstance(name, str) or not name:
        raise MemoryValidationError("the tool call names no function")
    arguments = next((inner[key] for key in _ARGUMENT_KEYS if key in inner), None)
    call_id = content.get("id") or content.get("tool_call_id") or content.get("call_id")
    return ToolCallRequest(name, arguments, call_id if isinstance(call_id, str) else None)


def _as_mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if callable(dump := getattr(value, "model_dump", None)):
        dumped = dump()
        if isinstance(dumped, Mapping):
            return dumped
    raise MemoryValidationError(f"a {type(value).__name__} is no tool call")


@dataclass(frozen=True, slots=True)
class ToolScope:
    """Memories that a call may touch; what the model says can only narrow it.

    Attributes:
        session_id: The conversation: what is created is marked with it, and its working memory
            is the only one within reach. It does not bound long-term memory, which is there to
            be found from other conversations.
        namespace: The only namespace within reach; none for all.
        user_id: The only owner within reach; none for all.
        time_zone: IANA zone of the user; the conversation's when absent.
        timeout: Seconds that each call to a service may take; the client's when absent.
    """

    session_id: str | None
    namespace: str | None
    user_id: str | None
    time_zone: str | None
    timeout: float | None

    def filters(self, narrowing: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make a filter of the scope and of what narrows it further."""
        bounds: dict[str, Any] = {}
        if self.user_id is not None:
            bounds["user_id"] = {"eq": self.user_id}
        if self.namespace is not None:
            bounds["namespace"] = {"eq": self.namespace}
        if narrowing:
            # A group of its own, so that no key of it can take the place of a bound.
            bounds["any_of"] = [dict(narrowing)]
        return bounds

    def admits(self, record: MemoryRecord) -> bool:
        """Tell whether a memory is within reach."""
        return (self.user_id is None or (record.user_id or "") == self.user_id) and (
            self.namespace is None or (record.namespace or "") == self.namespace
        )

    def own(self, **fields: Any) -> MemoryRecord:
        """Make a new memory of this user, namespace and conversation."""
        return build(
            MemoryRecord,
            fields
            | {
                "user_id": self.user_id,
                "namespace": self.namespace,
                "session_id": self.session_id,
            },
        )

    def session(self) -> str:
        """Answer the conversation.

        Raises:
            MemoryValidationError: The application named none.
        """
        if not self.session_id:
            raise MemoryValidationError("this tool needs a session, and the application named none")
        return self.session_id


class ToolAnswer(NamedTuple):
    """A JSON value, and the same in words."""

    result: Any
    text: str


Rivals: TypeAlias = Mapping[str, MemoryRecord]
"""Memories by id, among them those that contradict the ones that are told."""


def as_json(record: MemoryRecord, reader: tzinfo, rivals: Rivals) -> dict[str, Any]:
    """Spell a memory as a model needs it, with its times in the user's zone."""
    shown = record.model_dump(mode="json", include=_SHOWN, exclude_none=True)
    if record.created_at is not None:
        shown["created_at"] = _told_in(record.created_at, reader).isoformat()
    if (end := _end(record)) is not None:
        shown["no_longer_true_from"] = _told_in(end, reader).isoformat()
    if (asked := record.forget_requested_at) is not None:
        shown["forget_requested_at"] = _told_in(asked, reader).isoformat()
    if record.conflicts_with:
        shown["in_conflict_with"] = [
            _rival(memory_id, rivals.get(memory_id), reader) for memory_id in record.conflicts_with
        ]
    if record.event_date is not None:
        start = event_start(record, reader)
        if _is_moment(record, start):
            shown["event_date"] = start.isoformat()
        else:
            shown["event_date"] = start.date().isoformat()
            shown["event_precision"] = str(_precision(record))
    return shown


def in_words(record: MemoryRecord, reader: tzinfo, rivals: Rivals) -> str:
    """Spell a memory in one line, with the id by which it can be edited."""
    when = f", {_event(record, reader)}" if record.event_date else ""
    told = [
        f"{record.memory_type}{when}",
        *_bounds(record, reader),
        *_conflicts(record, reader, rivals),
        f"id: {record.id}",
    ]
    return f"- {record.text} ({'; '.join(told)})"


def _rival(memory_id: str, record: MemoryRecord | None, reader: tzinfo) -> dict[str, Any]:
    """Spell what contradicts a memory; by its id alone where it is out of reach."""
    if record is None:
        return {"id": memory_id}
    rival = {"id": memory_id, "text": record.text}
    if record.created_at is not None:
        rival["created_at"] = _told_in(record.created_at, reader).isoformat()
    return rival


def _conflicts(record: MemoryRecord, reader: tzinfo, rivals: Rivals) -> Iterator[str]:
    """Spell what contradicts a memory, and when that was said."""
    told = []
    for memory_id in record.conflicts_with:
        rival = rivals.get(memory_id)
        if rival is None:
            told.append(f"memory {memory_id}")
        else:
            said = (
                (f", said {_told_in(rival.created_at, reader).date()}") if rival.created_at else ""
            )
            told.append(f'"{rival.text}"{said}')
    if told:
        yield f"in conflict with {' and '.join(told)}"


def _bounds(record: MemoryRecord, reader: tzinfo) -> Iterator[str]:
    """Spell when a memory was said, ended, and was asked to be forgotten."""
    if record.created_at is not None:
        yield f"said {_told_in(record.created_at, reader).date()}"
    if (end := _end(record)) is not None:
        yield f"no longer true from {_told_in(end, reader).date()}"
    if (asked := record.forget_requested_at) is not None:
        yield f"its user asked on {_told_in(asked, reader).date()} to forget it"


def _end(record: MemoryRecord) -> datetime | None:
    return record.validity.invalid_from if record.validity else None


def event_start(record: MemoryRecord, reader: tzinfo) -> datetime:
    """Answer the start of a memory's event in the zone that its day is meant in.

    That is the event's own. Where it has none, midnight in UTC is a day of UTC, and any other time
    is told in the zone of who reads it.

    Args:
        record: A memory with an event.
        reader: The reader's zone.

    Raises:
        ValueError: The memory has no event.
    """
    if record.event_date is None:
        raise ValueError("the memory has no event")
    start = record.event_date
    if record.event_time_zone:
        with suppress(ValueError):
            return _told_in(start, zone_of(record.event_time_zone))
    return start if start.time() == time.min else _told_in(start, reader)


def _told_in(moment: datetime, zone: tzinfo) -> datetime:
    """Convert a time to a zone; one at an end of the calendar, which has no other, stays."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def _event(record: MemoryRecord, reader: tzinfo) -> str:
    """Spell the time of an event as exactly as it is known."""
    start = event_start(record, reader)
    if _is_moment(record, start):
        return f"{start:%Y-%m-%d %H:%M} {start.tzinfo}"
    return start.strftime(_FORMS.get(record.event_precision, "%Y-%m-%d"))


def _is_moment(record: MemoryRecord, start: datetime) -> bool:
    """Tell whether an event is known to the moment; one at midnight is taken for a day."""
    return record.event_precision == TimePrecision.INSTANT and start.time() != time.min


def _precision(record: MemoryRecord) -> TimePrecision:
    """Answer the precision of an event that is told as a day or a longer period."""
    known = record.event_precision
    return TimePrecision.DAY if known == TimePrecision.INSTANT else known


_FORMS: Mapping[TimePrecision, str] = {
    TimePrecision.WEEK: "week of %Y-%m-%d",
    TimePrecision.MONTH: "%Y-%m",
    TimePrecision.SEASON: "quarter from %Y-%m",
    TimePrecision.YEAR: "%Y",
}
