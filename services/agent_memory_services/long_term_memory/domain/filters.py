"""A caller's filter as a condition on records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from agent_memory.common.v1.filter_pb2 import (
    MemoryFilter,
    NumberFilter,
    StrategyFilter,
    TagFilter,
    TimeFilter,
    TypeFilter,
)
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.long_term_memory.domain.conditions import (
    Node,
    Prefix,
    Range,
    Tag,
    between,
    every,
    negated,
    some,
)
from agent_memory_services.long_term_memory.domain.fields import FILTERED, Kind

MAX_DEPTH: Final = 8
"""How deep groups may nest in groups."""

_GROUPS: Final = frozenset({"any_of", "none_of"})


def compile_filter(given: MemoryFilter, path: str) -> Node:
    """Return the condition that a filter states.

    Args:
        given: the filter.
        path: where it stands in the request, for errors.

    Raises:
        InvalidField: groups nest deeper than `MAX_DEPTH`.
    """
    return _compile(given, path, MAX_DEPTH)


def flag(field: str, *, value: bool) -> Tag:
    """Return the condition that a yes-or-no field has this value."""
    return Tag(field, ("1" if value else "0",))


def _compile(given: MemoryFilter, path: str, levels: int) -> Node:
    groups = _groups(given.any_of, f"{path}.any_of", levels)
    excluded = _groups(given.none_of, f"{path}.none_of", levels)
    return every(
        [
            *_conditions(given),
            *((some(groups),) if groups else ()),
            *map(negated, excluded),
        ]
    )


def _groups(given: Sequence[MemoryFilter], path: str, levels: int) -> list[Node]:
    if given and not levels:
        raise InvalidField(path, f"groups may nest {MAX_DEPTH} deep at most")
    return [_compile(part, f"{path}[{at}]", levels - 1) for at, part in enumerate(given)]


def _conditions(given: MemoryFilter) -> Iterator[Node]:
    """Yield the conditions of the filter's own fields; one that is not declared is an error."""
    for descriptor, value in given.ListFields():
        if descriptor.name not in _GROUPS:
            field = FILTERED[descriptor.name]
            yield from _READERS[field.kind](field.name, value)


def _tag(field: str, given: TagFilter) -> Iterator[Node]:
    if given.HasField("eq"):
        yield Tag(field, (given.eq,))
    if given.HasField("ne"):
        yield negated(Tag(field, (given.ne,)))
    if given.any:
        yield Tag(field, tuple(given.any))
    yield from (Tag(field, (value,)) for value in given.all)
    if given.none:
        yield negated(Tag(field, tuple(given.none)))
    if given.HasField("prefix"):
        yield Prefix(field, given.prefix)


def _choice(field: str, given: TypeFilter | StrategyFilter) -> Iterator[Node]:
    if given.any:
        yield Tag(field, tuple(map(str, given.any)))
    if given.none:
        yield negated(Tag(field, tuple(map(str, given.none))))


def _time(field: str, given: TimeFilter) -> Iterator[Node]:
    yield from _number(field, given, to_micros)
    if given.HasField("exists"):
        yield Range(field) if given.exists else negated(Range(field))


def _number(
    field: str, given: NumberFilter | TimeFilter, whole: Callable[[Any], int] = int
) -> Iterator[Node]:
    """Yield all bounds as one closed range, which is exact for whole numbers."""
    bounds = {
        name: whole(getattr(given, name))
        for name in ("eq", "ne", "gt", "gte", "lt", "lte")
        if given.HasField(name)
    }
    low = _extreme(max, bounds, eq=0, gt=1, gte=0)
    high = _extreme(min, bounds, eq=0, lt=-1, lte=0)
    if low is not None or high is not None:
        yield between(field, low, high)
    if (other := bounds.get("ne")) is not None:
        yield negated(Range(field, other, other))


def _extreme(
    pick: Callable[[Iterable[int]], int], bounds: dict[str, int], **shifts: int
) -> int | None:
    values = [bounds[name] + shift for name, shift in shifts.items() if name in bounds]
    return pick(values) if values else None


def _flag(field: str, given: bool) -> Iterator[Node]:
    yield flag(field, value=given)


_READERS: Final[Mapping[Kind, Callable[[str, Any], Iterator[Node]]]] = {
    Kind.TAG: _tag,
    Kind.CHOICE: _choice,
    Kind.FLAG: _flag,
    Kind.TIME: _time,
    Kind.NUMBER: _number,
}
