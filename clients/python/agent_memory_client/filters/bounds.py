"""Conditions on times and whole numbers."""

from typing import Any

from agent_memory.common.v1.filter_pb2 import NumberFilter, TimeFilter
from agent_memory_client.errors import invalid
from agent_memory_client.filters.operands import flag, moment, several, whole_number
from agent_memory_client.filters.operators import operators

_BOUNDS = ("eq", "ne", "gt", "gte", "lt", "lte")
_ENDS = 2


def time_filter(value: Any, path: str) -> TimeFilter:
    """Conditions on a time, to the microsecond."""
    given = operators(value, path, (*_BOUNDS, "between", "exists"))
    bounds = _bounds(given, path)
    result = TimeFilter()
    for name, operand in bounds.items():
        getattr(result, name).CopyFrom(moment(operand, f"{path}.{name}"))
    if "exists" in given:
        result.exists = flag(given["exists"], f"{path}.exists")
    return result


def number_filter(value: Any, path: str) -> NumberFilter:
    """Conditions on a whole number."""
    bounds = _bounds(operators(value, path, (*_BOUNDS, "between")), path)
    return NumberFilter(
        **{name: whole_number(operand, f"{path}.{name}") for name, operand in bounds.items()}
    )


def _bounds(given: dict[str, Any], path: str) -> dict[str, Any]:
    """The bounds, with `between` as its two ends."""
    bounds = {name: operand for name, operand in given.items() if name in _BOUNDS}
    if "between" not in given:
        return bounds
    here = f"{path}.between"
    ends = several(given["between"], here)
    if len(ends) != _ENDS:
        raise invalid(here, "needs the first and the last value")
    if bounds.keys() & {"gte", "lte"}:
        raise invalid(here, "gte or lte is given too")
    return bounds | {"gte": ends[0], "lte": ends[1]}
