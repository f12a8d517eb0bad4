"""Conditions on a text or a list of texts."""

from typing import Any

from agent_memory.common.v1.filter_pb2 import TagFilter
from agent_memory_client.errors import invalid
from agent_memory_client.filters.operands import at_least_one, flag, several, text
from agent_memory_client.filters.operators import operators

_ONE = ("eq", "ne", "prefix")
_MANY = {"any": at_least_one, "all": several, "none": several}


def tag_filter(value: Any, path: str) -> TagFilter:
    """The condition in the contract's form."""
    given = operators(value, path, (*_ONE, *_MANY, "exists"))
    result = TagFilter()
    for name, operand in given.items():
        here = f"{path}.{name}"
        if name in _ONE:
            setattr(result, name, text(operand, here))
        elif name in _MANY:
            values = [text(item, here) for item in _MANY[name](operand, here)]
            getattr(result, name).extend(values)
    if "exists" in given:
        _set_existence(result, exists=flag(given["exists"], f"{path}.exists"), path=path)
    return result


def _set_existence(result: TagFilter, *, exists: bool, path: str) -> None:
    # The contract has no operator for it: the empty value stands for nothing set.
    taken = "ne" if exists else "eq"
    if taken in {field.name for field, _ in result.ListFields()}:
        raise invalid(f"{path}.exists", f"{taken} is given too")
    setattr(result, taken, "")
