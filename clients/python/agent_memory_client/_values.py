"""Values in the form of the contracts: names of enums, times, spans and JSON."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import NullValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import ClaimModality, MemoryType, TimePrecision
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.common.v1.search_pb2 import FusionMethod, SearchMode
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1.extraction_pb2 import (
    ForgetOutcome,
    JobKind,
    JobState,
    StatisticsPeriod,
    SummaryGroupField,
)
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    CreateOutcome,
    DeduplicationPolicy,
    ForgetReason,
    MemoryChangeKind,
    MemoryField,
    RevisionCause,
)
from agent_memory.working_memory.v1.working_memory_pb2 import (
    DataPolicy,
    PromptSection,
    SessionChangeKind,
)
from agent_memory_client._types import as_utc, text
from agent_memory_client.errors import invalid

_LARGEST_EXACT_INTEGER = 2**53
# Deeper ones reach the depth at which protobuf stops reading.
_DEEPEST_JSON = 30

Number = TypeVar("Number", bound=int)


class EnumNames(Generic[Number]):
    """Values of an enum by their lower-case names, without the enum's prefix."""

    def __init__(self, enum: Any) -> None:
        unspecified, *_ = enum.keys()
        self._unspecified: Number = enum.Value(unspecified)
        prefix = unspecified.removesuffix("UNSPECIFIED")
        self._numbers: dict[str, Number] = {
            name.removeprefix(prefix).lower(): number for name, number in enum.items() if number
        }
        self._names = {number: name for name, number in self._numbers.items()}

    def parse(self, name: object, path: str) -> Number:
        """Answer the number of a name.

        Raises:
            MemoryValidationError: No value has this name.
        """
        number = self._numbers.get(name) if isinstance(name, str) else None
        if number is None:
            raise invalid(path, f"{name!r} is none of {', '.join(self._numbers)}")
        return number

    def parse_optional(self, name: object, path: str) -> Number:
        """Answer the number of a name; without a name, the unspecified."""
        return self._unspecified if name is None else self.parse(name, path)

    def name(self, number: Number) -> str | None:
        """Answer the name of a number; none for the unspecified and for those of a newer server."""
        return self._names.get(number)


ACCESSES: EnumNames[Access.ValueType] = EnumNames(Access)
CLAIM_MODALITIES: EnumNames[ClaimModality.ValueType] = EnumNames(ClaimModality)
CREATE_OUTCOMES: EnumNames[CreateOutcome.ValueType] = EnumNames(CreateOutcome)
DATA_POLICIES: EnumNames[DataPolicy.ValueType] = EnumNames(DataPolicy)
DEDUPLICATION_POLICIES: EnumNames[DeduplicationPolicy.ValueType] = EnumNames(DeduplicationPolicy)
FORGET_OUTCOMES: EnumNames[ForgetOutcome.ValueType] = EnumNames(ForgetOutcome)
FORGET_REASONS: EnumNames[ForgetReason.ValueType] = EnumNames(ForgetReason)
FUSION_METHODS: EnumNames[FusionMethod.ValueType] = EnumNames(FusionMethod)
JOB_KINDS: EnumNames[JobKind.ValueType] = EnumNames(JobKind)
JOB_STATES: EnumNames[JobState.ValueType] = EnumNames(JobState)
MEMORY_CHANGES: EnumNames[MemoryChangeKind.ValueType] = EnumNames(MemoryChangeKind)
MEMORY_FIELDS: EnumNames[MemoryField.ValueType] = EnumNames(MemoryField)
MEMORY_TYPES: EnumNames[MemoryType.ValueType] = EnumNames(MemoryType)
PROMPT_SECTIONS: EnumNames[PromptSection.ValueType] = EnumNames(PromptSection)
REVISION_CAUSES: EnumNames[RevisionCause.ValueType] = EnumNames(RevisionCause)
SEARCH_MODES: EnumNames[SearchMode.ValueType] = EnumNames(SearchMode)
SESSION_CHANGES: EnumNames[SessionChangeKind.ValueType] = EnumNames(SessionChangeKind)
STRATEGIES: EnumNames[ExtractionStrategy.ValueType] = EnumNames(ExtractionStrategy)
STATISTICS_PERIODS: EnumNames[StatisticsPeriod.ValueType] = EnumNames(StatisticsPeriod)
SUMMARY_GROUP_FIELDS: EnumNames[SummaryGroupField.ValueType] = EnumNames(SummaryGroupField)
TIME_PRECISIONS: EnumNames[TimePrecision.ValueType] = EnumNames(TimePrecision)


def to_timestamp(value: datetime) -> Timestamp:
    """Convert a moment, to the microsecond; a time without a zone is taken as UTC."""
    timestamp = Timestamp()
    timestamp.FromDatetime(as_utc(value))
    return timestamp


def to_optional_timestamp(value: datetime | None) -> Timestamp | None:
    """Convert a moment, where there is one."""
    return None if value is None else to_timestamp(value)


def from_timestamp(message: Message, field: str) -> datetime | None:
    """Read the moment in a field of a message, in UTC; none where the field is not set."""
    if not message.HasField(field):
        return None
    timestamp: Timestamp = getattr(message, field)
    return timestamp.ToDatetime(UTC)


def to_duration(span: timedelta) -> Duration:
    """Convert a span, to the microsecond."""
    duration = Duration()
    duration.FromTimedelta(span)
    return duration


def to_optional_seconds(seconds: int | None) -> Duration | None:
    """Convert a span of whole seconds, where there is one."""
    return None if seconds is None else to_duration(timedelta(seconds=seconds))


def to_struct(value: Mapping[str, Any], path: str) -> Struct:
    """Convert an object to a `Struct`.

    Raises:
        MemoryValidationError: A value is not JSON, a whole number too large to stay exact, or
            nested too deep.
    """
    return _to_struct(value, path, 1)


def from_struct(struct: Struct) -> dict[str, Any]:
    """Read an object; a number without a fraction is an `int`, as a `Struct` knows floats only."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _to_struct(value: Mapping[str, Any], path: str, depth: int) -> Struct:
    _check_depth(path, depth)
    return Struct(
        fields={
            text(key, f"a key of {path}"): _to_value(item, f"{path}.{key}", depth + 1)
            for key, item in value.items()
        }
    )


def _to_value(value: Any, path: str, depth: int) -> Value:
    if value is None:
        return Value(null_value=NullValue.NULL_VALUE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, str):
        return Value(string_value=text(value, path))
    if isinstance(value, (int, float)):
        return Value(number_value=_number(value, path))
    if isinstance(value, Mapping):
        return Value(struct_value=_to_struct(value, path, depth))
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        _check_depth(path, depth)
        items = [_to_value(item, f"{path}[{n}]", depth + 1) for n, item in enumerate(value)]
        result = Value()
        result.list_value.values.extend(items)
        return result
    raise invalid(path, f"{type(value).__name__} is not JSON")


def _check_depth(path: str, depth: int) -> None:
    if depth > _DEEPEST_JSON:
        # The whole path would be as long as the value is deep.
        raise invalid(path[:80], f"is nested deeper than {_DEEPEST_JSON} levels")


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
