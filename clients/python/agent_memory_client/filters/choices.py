"""Conditions on types, strategies and flags."""

from typing import Any

from agent_memory.common.v1.filter_pb2 import StrategyFilter, TypeFilter
from agent_memory_client.conversions.enums import MEMORY_TYPES, STRATEGIES, EnumNames
from agent_memory_client.errors import invalid
from agent_memory_client.filters.operands import at_least_one, flag, several
from agent_memory_client.filters.operators import operators


def type_filter(value: Any, path: str) -> TypeFilter:
    """Conditions on the type of a memory."""
    chosen, refused = _choices(value, path, MEMORY_TYPES)
    return TypeFilter(any=chosen, none=refused)


def strategy_filter(value: Any, path: str) -> StrategyFilter:
    """Conditions on the strategy that found a memory."""
    chosen, refused = _choices(value, path, STRATEGIES)
    return StrategyFilter(any=chosen, none=refused)


def flag_filter(value: Any, path: str) -> bool:
    """The value that a flag must have."""
    given = operators(value, path, ("eq", "ne"))
    wanted = {flag(operand, f"{path}.{name}") == (name == "eq") for name, operand in given.items()}
    if len(wanted) > 1:
        raise invalid(path, "eq and ne contradict each other")
    return wanted.pop()


def _choices(value: Any, path: str, names: EnumNames[Any]) -> tuple[list[Any], list[Any]]:
    """The values of which one must hold, and those that must not."""
    given = operators(value, path, ("eq", "ne", "any", "none"))
    for one, many in (("eq", "any"), ("ne", "none")):
        if one in given and many in given:
            raise invalid(path, f"give {one} or {many}, not both")
        if one in given:
            given[many] = [given[one]]
    chosen = at_least_one(given["any"], f"{path}.any") if "any" in given else ()
    refused = several(given.get("none", ()), f"{path}.none")
    return (
        [names.parse(item, f"{path}.any") for item in chosen],
        [names.parse(item, f"{path}.none") for item in refused],
    )
