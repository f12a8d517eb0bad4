"""Times, spans and JSON in the form of the well-known types."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import NullValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory_client.errors import invalid
from agent_memory_client.models.times import as_utc

_LARGEST_EXACT_INTEGER = 2**53


def to_timestamp(value: datetime) -> Timestamp:
    """The moment, to the microsecond; a time without a zone is taken as UTC."""
    timestamp = Timestamp()
    timestamp.FromDatetime(as_utc(value))
    return timestamp


def to_optional_timestamp(value: datetime | None) -> Timestamp | None:
    """The moment, where there is one."""
    return None if value is None else to_timestamp(value)


def from_timestamp(message: Message, field: str) -> datetime | None:
    """The moment in a field of a message, in UTC; none where the field is not set."""
    if not message.HasField(field):
        return None
    timestamp: Timestamp = getattr(message, field)
    return timestamp.ToDatetime(UTC)


def to_duration(span: timedelta) -> Duration:
    """The span, to the microsecond."""
    duration = Duration()
    duration.FromTimedelta(span)
    return duration


def to_struct(value: Mapping[str, Any], path: str) -> Struct:
    """The object as a `Struct`.

    Raises:
        MemoryValidationError: A value is not JSON, or a whole number too large to stay exact.
    """
    return Struct(fields={key: _to_value(item, f"{path}.{key}") for key, item in value.items()})


def from_struct(struct: Struct) -> dict[str, Any]:
    """The object; a number without a fraction is an `int`, since a `Struct` knows floats only."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _to_value(value: Any, path: str) -> Value:
    if value is None:
        return Value(null_value=NullValue.NULL_VALUE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=_number(value, path))
    if isinstance(value, Mapping):
        return Value(struct_value=to_struct(value, path))
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        items = [_to_value(item, f"{path}[{n}]") for n, item in enumerate(value)]
        result = Value()
        result.list_value.values.extend(items)
        return result
    raise invalid(path, f"{type(value).__name__} is not JSON")


def _number(value: float, path: str) -> float:
    if not math.isfinite(value):
        raise invalid(path, f"{value} is not JSON")
    if isinstance(value, int) and abs(value) > _LARGEST_EXACT_INTEGER:
        raise invalid(path, "whole numbers beyond 2**53 lose digits; store a text")
    return float(value)


def _from_value(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "null_value" | None:
            return None
        case kind:
            return getattr(value, kind)
