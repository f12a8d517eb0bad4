"""The operators that a caller wrote for one field, under one name each."""

from collections.abc import Iterable, Mapping
from typing import Any

from agent_memory_client.errors import invalid
from agent_memory_client.filters.conditions import Condition

_OTHER_NAMES = {
    "in": "any",
    "in_": "any",
    "not_in": "none",
    "not_eq": "ne",
    "startswith": "prefix",
}


def operators(value: Any, path: str, known: Iterable[str]) -> dict[str, Any]:
    """The operators by name; a plain value means equality.

    Raises:
        MemoryValidationError: An operator is unknown or given twice, or there is none.
    """
    found: dict[str, Any] = {}
    for written, operand in _written(value, path).items():
        name = _OTHER_NAMES.get(written, written)
        if name not in known:
            raise invalid(f"{path}.{written}", f"unknown operator; known are {', '.join(known)}")
        if name in found:
            raise invalid(f"{path}.{written}", f"the same as {name}, which is given too")
        if operand is None:
            raise invalid(f"{path}.{written}", "needs a value")
        found[name] = operand
    if not found:
        raise invalid(path, "holds no condition")
    return found


def _written(value: Any, path: str) -> Mapping[str, Any]:
    if isinstance(value, Condition):
        return value.operators()
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        raise invalid(path, "say `any`, `all` or `none` for several values")
    return {"eq": value}
