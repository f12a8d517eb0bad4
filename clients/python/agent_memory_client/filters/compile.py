"""From conditions by field to the filter of the contract."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory_client.errors import invalid
from agent_memory_client.filters.bounds import number_filter, time_filter
from agent_memory_client.filters.choices import flag_filter, strategy_filter, type_filter
from agent_memory_client.filters.tags import tag_filter

_FIELDS: Mapping[str, tuple[str, Callable[[Any, str], Any]]] = {
    "id": ("id", tag_filter),
    "namespace": ("namespace", tag_filter),
    "user_id": ("user_id", tag_filter),
    "session_id": ("session_id", tag_filter),
    "memory_type": ("type", type_filter),
    "topics": ("topics", tag_filter),
    "entities": ("entities", tag_filter),
    "created_at": ("create_time", time_filter),
    "updated_at": ("update_time", time_filter),
    "last_accessed": ("last_access_time", time_filter),
    "event_date": ("event_time", time_filter),
    "access_count": ("access_count", number_filter),
    "pinned": ("pinned", flag_filter),
    "standing": ("standing", flag_filter),
    "extraction_strategy": ("strategy", strategy_filter),
    "extractor": ("extractor", tag_filter),
    "extracted_from": ("source_message_ids", tag_filter),
    "slot": ("slot", tag_filter),
}
_GROUPS = ("any_of", "none_of")

FIELD_NAMES: Mapping[str, str] = {field: name for name, (field, _) in _FIELDS.items()}
"""What callers call a field of the contract."""


def compile_filter(conditions: Mapping[str, Any], path: str = "filters") -> MemoryFilter:
    """The filter that holds where every condition does.

    Args:
        conditions: A value, operators or a condition object by field name; `any_of` and `none_of`
            take a list of such mappings.
        path: Where the conditions stand in the caller's arguments, for errors.

    Raises:
        MemoryValidationError: A field or an operator is unknown, or a value has the wrong type;
            names the path.
    """
    result = MemoryFilter()
    for name, value in conditions.items():
        here = f"{path}.{name}" if path else name
        if name in _GROUPS:
            getattr(result, name).extend(_group(value, here))
        elif name in _FIELDS:
            field, compile_field = _FIELDS[name]
            _set(result, field, compile_field(value, here))
        else:
            known = ", ".join((*_FIELDS, *_GROUPS))
            raise invalid(here, f"unknown field; known are {known}")
    return result


def conjunction(fields: MemoryFilter, rest: MemoryFilter) -> MemoryFilter:
    """The filter that holds where both do; `fields` may hold no groups."""
    both = MemoryFilter()
    both.CopyFrom(fields)
    if _names(fields) & _names(rest):
        # A field has room for one condition only; a group of one keeps the other.
        both.any_of.append(rest)
    else:
        both.MergeFrom(rest)
    return both


def _names(message: MemoryFilter) -> set[str]:
    return {field.name for field, _ in message.ListFields()}


def _group(value: Any, path: str) -> list[MemoryFilter]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise invalid(path, "needs a list of filters")
    for position, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise invalid(f"{path}[{position}]", "needs a filter")
    if not value and path.endswith("any_of"):
        raise invalid(path, "needs at least one filter")
    return [compile_filter(item, f"{path}[{n}]") for n, item in enumerate(value)]


def _set(result: MemoryFilter, field: str, condition: Any) -> None:
    if isinstance(condition, Message):
        getattr(result, field).CopyFrom(condition)
    else:
        setattr(result, field, condition)
