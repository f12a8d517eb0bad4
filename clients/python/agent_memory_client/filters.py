"""Filters: conditions on the fields of memories.

Conditions by field name, all of which must hold::

    {"user_id": {"eq": "alice"}, "topics": {"all": ["food", "travel"]}}
    {"created_at": {"gte": "2024-01-01", "lt": "2025-01-01"}}
    {"namespace": "work", "any_of": [{"pinned": True}, {"memory_type": "episodic"}]}

========================================  ==================================================
Fields                                    Operators
========================================  ==================================================
id, namespace, user_id, session_id,       eq, ne, any, all, none, prefix, exists
topics, entities, extractor,
extracted_from, slot
created_at, updated_at, last_accessed,    eq, ne, gt, gte, lt, lte, between, exists
event_date
access_count                              eq, ne, gt, gte, lt, lte, between
memory_type, extraction_strategy          eq, ne, any, none
pinned, standing                          eq, ne
metadata                                  eq, ne, gt, gte, lt, lte, between, any, all, none,
                                          prefix, exists
any_of, none_of                           a list of filters
========================================  ==================================================

A plain value means `eq`. Any key of the metadata can be asked for: `{"metadata": {"agent_id": "a",
"importance": {"gte": 5}}}`; a dot leads into an object, and on a list a condition holds where one
of its values fulfils it. A time is a moment, or a day such as `"2024-01-01"`: `eq` then means
within that day, `gt` after its end, `lte` before its end, and `between` from the start of the first
to the end of the last. Days, and times without a zone, are those of the `time_zone` beside the
conditions, or of UTC. `in_`, `not_in`, `not_eq` and `startswith` are other names of `any`,
`none`, `ne` and `prefix`. The classes of this module say the same with completion:
`UserId(eq="alice")`. Anything unknown raises `MemoryValidationError` with its path.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from agent_memory.common.v1 import filter_pb2
from agent_memory_client import errors
from agent_memory_client._conditions import (
    Condition,
    FlagCondition,
    MetadataCondition,
    NumberCondition,
    StrategyCondition,
    TagCondition,
    TimeCondition,
    TypeCondition,
    from_contract,
)

__all__ = [
    "FIELDS",
    "AccessCount",
    "Condition",
    "CreatedAt",
    "Entities",
    "EventDate",
    "ExtractedFrom",
    "ExtractionStrategy",
    "Extractor",
    "FlagCondition",
    "Id",
    "LastAccessed",
    "MemoryType",
    "Metadata",
    "MetadataCondition",
    "Namespace",
    "NumberCondition",
    "Pinned",
    "SessionId",
    "Slot",
    "Standing",
    "StrategyCondition",
    "TagCondition",
    "TimeCondition",
    "Topics",
    "TypeCondition",
    "UpdatedAt",
    "UserId",
    "compile_filter",
    "conjunction",
    "decompile_filter",
]

_GROUPS = ("any_of", "none_of")
_DEEPEST = 30

FIELDS: Final[dict[str, type[Condition]]] = {}
"""Classes of the conditions by the name of their field: all that can be filtered by."""

ConditionType = TypeVar("ConditionType", bound=type[Condition])


def _on(name: str, field: str | None = None) -> Callable[[ConditionType], ConditionType]:
    """Declare the field of a condition; its name in the contract may differ."""

    def declare(kind: ConditionType) -> ConditionType:
        kind.name, kind.field = name, field or name
        FIELDS[name] = kind
        return kind

    return declare


@_on("id")
class Id(TagCondition):
    """Condition on the id."""


@_on("namespace")
class Namespace(TagCondition):
    """Condition on the namespace; `prefix` selects a whole branch of nested ones."""


@_on("user_id")
class UserId(TagCondition):
    """Condition on the owner."""


@_on("session_id")
class SessionId(TagCondition):
    """Condition on the session."""


@_on("topics")
class Topics(TagCondition):
    """Condition on the topics."""


@_on("entities")
class Entities(TagCondition):
    """Condition on the entities."""


@_on("extractor")
class Extractor(TagCondition):
    """Condition on the extractor that found the memory."""


@_on("extracted_from", "source_message_ids")
class ExtractedFrom(TagCondition):
    """Condition on the ids of the messages that state it."""


@_on("slot")
class Slot(TagCondition):
    """Condition on the slot of a fact with one value."""


@_on("memory_type", "type")
class MemoryType(TypeCondition):
    """Condition on the type."""


@_on("extraction_strategy", "strategy")
class ExtractionStrategy(StrategyCondition):
    """Condition on the strategy that found the memory."""


@_on("created_at", "create_time")
class CreatedAt(TimeCondition):
    """Condition on the time it was first stored."""


@_on("updated_at", "update_time")
class UpdatedAt(TimeCondition):
    """Condition on the time of its last change."""


@_on("last_accessed", "last_access_time")
class LastAccessed(TimeCondition):
    """Condition on the time it was last found."""


@_on("event_date", "event_time")
class EventDate(TimeCondition):
    """Condition on the start of its event."""


@_on("access_count")
class AccessCount(NumberCondition):
    """Condition on how often it was found."""


@_on("pinned")
class Pinned(FlagCondition):
    """Condition on the protection from being merged, forgotten or archived."""


@_on("standing")
class Standing(FlagCondition):
    """Condition on the place on the shelf that every prompt considers."""


@_on("metadata")
class Metadata(MetadataCondition):
    """Condition on the metadata: `Metadata(paths={"agent.id": {"eq": "chef"}})`."""


def compile_filter(
    conditions: Mapping[str, Any], path: str = "filters", *, time_zone: str | None = None
) -> filter_pb2.MemoryFilter:
    """Convert conditions to the filter that holds where every one does.

    Args:
        conditions: A value, operators or a condition object by field name; `any_of` and `none_of`
            take a list of such mappings.
        path: Where the conditions stand in the caller's arguments, for errors.
        time_zone: IANA zone of days, and of times without a zone; UTC when absent.

    Raises:
        MemoryValidationError: A field, an operator or the time zone is unknown, or a value has the
            wrong type; names the path.
    """
    return _compile(conditions, path, time_zone, 1)


def conjunction(
    fields: filter_pb2.MemoryFilter, rest: filter_pb2.MemoryFilter
) -> filter_pb2.MemoryFilter:
    """Make the filter that holds where both do; `fields` may hold no `any_of`."""
    both = filter_pb2.MemoryFilter()
    both.CopyFrom(fields)
    if _names(fields) & _names(rest):
        # A field has room for one condition only; a group of one keeps the other.
        both.any_of.append(rest)
    else:
        both.MergeFrom(rest)
    return both


def decompile_filter(memory_filter: filter_pb2.MemoryFilter) -> dict[str, Any]:
    """Convert a filter to conditions such that compiling them again gives the same filter."""
    names = {kind.field: name for name, kind in FIELDS.items()}
    conditions: dict[str, Any] = {}
    for field, value in memory_filter.ListFields():
        if field.name in names:
            conditions[names[field.name]] = from_contract(field.name, value)
        else:
            conditions[field.name] = [decompile_filter(item) for item in value]
    return conditions


def _compile(
    conditions: Mapping[str, Any], path: str, time_zone: str | None, depth: int
) -> filter_pb2.MemoryFilter:
    if not isinstance(conditions, Mapping):
        raise errors.invalid(path, f"needs conditions by field, not {type(conditions).__name__}")
    if depth > _DEEPEST:
        raise errors.invalid(path[:80], f"is nested deeper than {_DEEPEST} levels")
    result = filter_pb2.MemoryFilter()
    for name, value in conditions.items():
        here = f"{path}.{name}" if path else str(name)
        if name in _GROUPS:
            getattr(result, name).extend(_group(value, here, time_zone, depth))
        elif name in FIELDS:
            _add(result, FIELDS[name], value, here, time_zone)
        else:
            known = ", ".join((*FIELDS, *_GROUPS))
            raise errors.invalid(here, f"unknown field; known are {known}")
    return result


def _add(
    result: filter_pb2.MemoryFilter,
    kind: type[Condition],
    value: Any,
    path: str,
    time_zone: str | None,
) -> None:
    if not issubclass(kind, TimeCondition):
        _set(result, kind.field, kind.to_contract(value, path))
        return
    times = kind.to_contract(value, path, time_zone)
    refused = kind.refused_day(value, path, time_zone)
    if refused is not None:
        _set(result.none_of.add(), kind.field, refused)
    if times.ListFields() or refused is None:
        _set(result, kind.field, times)


def _names(message: filter_pb2.MemoryFilter) -> set[str]:
    return {field.name for field, _ in message.ListFields()}


def _group(
    value: Any, path: str, time_zone: str | None, depth: int
) -> list[filter_pb2.MemoryFilter]:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise errors.invalid(path, "needs a list of filters")
    for position, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise errors.invalid(f"{path}[{position}]", "needs a filter")
    if not value and path.endswith("any_of"):
        raise errors.invalid(path, "needs at least one filter")
    return [_compile(item, f"{path}[{n}]", time_zone, depth + 1) for n, item in enumerate(value)]


def _set(result: filter_pb2.MemoryFilter, field: str, condition: Any) -> None:
    if isinstance(condition, list):
        getattr(result, field).extend(condition)
    elif isinstance(condition, Message):
        getattr(result, field).CopyFrom(condition)
    else:
        setattr(result, field, condition)
