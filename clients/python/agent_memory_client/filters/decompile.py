"""From the filter of the contract back to conditions by field."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory_client.conversions.enums import MEMORY_TYPES, STRATEGIES, EnumNames
from agent_memory_client.filters.compile import FIELD_NAMES

_CHOICES: Mapping[str, EnumNames[Any]] = {"type": MEMORY_TYPES, "strategy": STRATEGIES}


def decompile_filter(memory_filter: MemoryFilter) -> dict[str, Any]:
    """The conditions, such that compiling them again gives the same filter."""
    conditions: dict[str, Any] = {}
    for field, value in memory_filter.ListFields():
        if field.name in FIELD_NAMES:
            conditions[FIELD_NAMES[field.name]] = _condition(field.name, value)
        else:
            conditions[field.name] = [decompile_filter(item) for item in value]
    return conditions


def _condition(field: str, value: Any) -> Any:
    if not isinstance(value, Message):
        return value
    choices = _CHOICES.get(field)
    return {operator.name: _operand(operand, choices) for operator, operand in value.ListFields()}


def _operand(operand: Any, choices: EnumNames[Any] | None) -> Any:
    if isinstance(operand, Timestamp):
        return operand.ToDatetime(UTC)
    if isinstance(operand, (str, int)):
        return operand
    return [choices.name(item) if choices else item for item in operand]
