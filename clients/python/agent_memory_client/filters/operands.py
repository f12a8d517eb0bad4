"""Checks of the values that operators take."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import TypeAdapter, ValidationError

from agent_memory_client.conversions.scalars import to_timestamp
from agent_memory_client.errors import invalid
from agent_memory_client.models.times import UtcDatetime

_TIMES: TypeAdapter[datetime] = TypeAdapter(UtcDatetime)


def text(value: Any, path: str) -> str:
    """A text; members of a `StrEnum` are texts too."""
    if not isinstance(value, str):
        raise invalid(path, f"needs a text, not {type(value).__name__}")
    return str(value)


def whole_number(value: Any, path: str) -> int:
    """A whole number; true and false are none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(path, f"needs a whole number, not {type(value).__name__}")
    return value


def flag(value: Any, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid(path, f"needs true or false, not {type(value).__name__}")
    return value


def moment(value: Any, path: str) -> Timestamp:
    """A time, from a `datetime`, an ISO 8601 text or Unix seconds."""
    try:
        return to_timestamp(_TIMES.validate_python(value))
    except ValidationError as error:
        raise invalid(path, f"{value!r} is no time") from error


def several(value: Any, path: str) -> Sequence[Any]:
    """A list of values; a lone text is none."""
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise invalid(path, "needs a list")
    return list(value)


def at_least_one(value: Any, path: str) -> Sequence[Any]:
    """A list that is not empty: in the contract an empty one would match everything."""
    if not (values := several(value, path)):
        raise invalid(path, "needs at least one value")
    return values
