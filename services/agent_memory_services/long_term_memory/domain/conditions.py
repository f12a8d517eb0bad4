"""Conditions on a record: a tree that is made of a caller's filter, spelled, and evaluated.

Values appear in the spelled query only in their encoded form or as whole numbers, so no text of a
caller is ever read as syntax.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from agent_memory.common.v1 import filter_pb2
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import fields

# `_0` is no encoded value and no prefix of one that a filter could name whole.
_IMPOSSIBLE: Final = f"@{fields.TENANT}:{{_0}}"


@dataclass(frozen=True, slots=True)
class Tag:
    """The field holds at least one of the values; the empty value means that it holds none."""

    field: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"@{self.field}:{{{'|'.join(map(encode, self.values))}}}"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The field holds a value that starts with `start`, which is not empty."""

    field: str
    start: str

    def __str__(self) -> str:
        return f"@{self.field}:{{{encode(self.start)}*}}"


@dataclass(frozen=True, slots=True)
class Range:
    """The number is set and lies between `low` and `high`, both included; None is no bound."""

    field: str
    low: int | None = None
    high: int | None = None

    def __str__(self) -> str:
        low = "-inf" if self.low is None else self.low
        high = "+inf" if self.high is None else self.high
        return f"@{self.field}:[{low} {high}]"


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    part: "Tag | Prefix | Range"

    def __str__(self) -> str:
        return f"-({self.part})"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; of no parts, always."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds; of no parts, never."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return _either(map(_below_or, self.parts)) or _IMPOSSIBLE


Node = Tag | Prefix | Range | Not | AllOf | AnyOf


def _either(spelled: Iterable[str]) -> str:
    return "|".join(f"({part})" for part in spelled)


def _below_or(part: Node) -> str:
    """Return a part of an OR in the engine's words.

    RediSearch 2.10 loses records where an OR holds an AND that a NOT takes part in, at any depth.
    It is right about the same condition put as the NOT of an OR.
    """
    if isinstance(part, AllOf) and _has_not(part):
        return f"-({_either(map(_opposite, part.parts))})"
    return str(part)


def _opposite(part: Node) -> str:
    return str(part.part) if isinstance(part, Not) else f"-({_below_or(part)})"


def _has_not(part: Node) -> bool:
    match part:
        case Not():
            return True
        case AllOf() | AnyOf():
            return any(map(_has_not, part.parts))
    return False


ALWAYS: Final = AllOf(())
NEVER: Final = AnyOf(())


def every(parts: Iterable[Node]) -> Node:
    """Return the parts joined by AND, without constants and needless nesting."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, AllOf) else (part,))
    if any(isinstance(part, AnyOf) and not part.parts for part in flat):
        return NEVER
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def some(parts: Iterable[Node]) -> Node:
    """Return the parts joined by OR, without constants and needless nesting."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, AnyOf) else (part,))
    if ALWAYS in flat:
        return ALWAYS
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))


def negated(part: Node) -> Node:
    """Return the opposite of a part, with every NOT down at a single condition."""
    match part:
        case Not():
            return part.part
        case AllOf():
            return some(map(negated, part.parts))
        case AnyOf():
            return every(map(negated, part.parts))
    return Not(part)


def between(field: str, low: int | None, high: int | None) -> Node:
    """Return the condition that the number is set and within the bounds."""
    if low is not None and high is not None and low > high:
        return NEVER
    return Range(field, low, high)


def of_tenant(condition: Node, tenant: str) -> Node:
    """Return a condition as a tenant's memories are asked for it."""
    match condition:
        case Tag(fields.METADATA, values):
            return Tag(fields.METADATA, tuple(fields.of_tenant(each, tenant) for each in values))
        case Prefix(fields.METADATA, start):
            return Prefix(fields.METADATA, fields.of_tenant(start, tenant))
        case Not(part):
            return negated(of_tenant(part, tenant))
        case AllOf(parts):
            return AllOf(tuple(of_tenant(part, tenant) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(of_tenant(part, tenant) for part in parts))
    return condition


MAX_DEPTH: Final = 8
"""How deep groups may nest in groups."""

_GROUPS: Final = frozenset({"any_of", "none_of"})


def compile_filter(given: filter_pb2.MemoryFilter, path: str) -> Node:
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


def _compile(given: filter_pb2.MemoryFilter, path: str, levels: int) -> Node:
    groups = _groups(given.any_of, f"{path}.any_of", levels)
    excluded = _groups(given.none_of, f"{path}.none_of", levels)
    return every(
        [
            *_conditions(given),
            *((some(groups),) if groups else ()),
            *map(negated, excluded),
        ]
    )


def _groups(given: Sequence[filter_pb2.MemoryFilter], path: str, levels: int) -> list[Node]:
    if given and not levels:
        raise errors.InvalidField(path, f"groups may nest {MAX_DEPTH} deep at most")
    return [_compile(part, f"{path}[{at}]", levels - 1) for at, part in enumerate(given)]


def _conditions(given: filter_pb2.MemoryFilter) -> Iterator[Node]:
    """Yield the conditions of the filter's own fields; one that is not declared is an error."""
    for descriptor, value in given.ListFields():
        if descriptor.name not in _GROUPS:
            field = fields.FILTERED[descriptor.name]
            yield from _READERS[field.kind](field.name, value)


def _tag(field: str, given: filter_pb2.TagFilter) -> Iterator[Node]:
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


def _choice(field: str, given: filter_pb2.TypeFilter | filter_pb2.StrategyFilter) -> Iterator[Node]:
    if given.any:
        yield Tag(field, tuple(map(str, given.any)))
    if given.none:
        yield negated(Tag(field, tuple(map(str, given.none))))


def _time(field: str, given: filter_pb2.TimeFilter) -> Iterator[Node]:
    yield from _number(field, given, clock.to_micros)
    if given.HasField("exists"):
        yield Range(field) if given.exists else negated(Range(field))


def _number(
    field: str,
    given: filter_pb2.NumberFilter | filter_pb2.TimeFilter,
    whole: Callable[[Any], int] = int,
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


def _metadata(field: str, given: Iterable[filter_pb2.MetadataFilter]) -> Iterator[Node]:
    for each in given:
        if each.HasField("exists") or len(each.ListFields()) == 1:
            found = Tag(field, (fields.exists_key(each.path),))
            yield negated(found) if each.HasField("exists") and not each.exists else found
        if each.HasField("flag"):
            yield Tag(field, (fields.flag_key(each.path, value=each.flag),))
        if each.HasField("not_flag"):
            yield negated(Tag(field, (fields.flag_key(each.path, value=each.not_flag),)))
        yield from _metadata_text(field, each.path, each.text)
        yield from _metadata_number(field, each.path, each.number)


def _metadata_text(field: str, path: str, given: filter_pb2.TagFilter) -> Iterator[Node]:
    def texts(values: Iterable[str]) -> Tag:
        return Tag(field, tuple(fields.text_key(path, value) for value in values))

    if given.HasField("eq"):
        yield texts([given.eq])
    if given.HasField("ne"):
        yield negated(texts([given.ne]))
    if given.any:
        yield texts(given.any)
    yield from (texts([value]) for value in given.all)
    if given.none:
        yield negated(texts(given.none))
    if given.HasField("prefix"):
        yield Prefix(field, fields.text_key(path, given.prefix))


def _metadata_number(
    field: str, path: str, given: filter_pb2.MetadataNumberFilter
) -> Iterator[Node]:
    def numbers(values: Iterable[float]) -> Tag:
        return Tag(field, tuple(fields.number_key(path, value) for value in values))

    if given.HasField("eq"):
        yield numbers([given.eq])
    if given.HasField("ne"):
        yield negated(numbers([given.ne]))
    if given.any:
        yield numbers(given.any)
    if given.none:
        yield negated(numbers(given.none))
    bounds = {
        name: fields.ordinal(getattr(given, name))
        for name in ("gt", "gte", "lt", "lte")
        if given.HasField(name)
    }
    if bounds:
        low = _extreme(max, bounds, gt=1, gte=0)
        high = _extreme(min, bounds, lt=-1, lte=0)
        found = fields.between_keys(
            path,
            fields.LEAST_ORDINAL if low is None else low,
            fields.LARGEST_ORDINAL if high is None else high,
        )
        yield Tag(field, tuple(found)) if found else NEVER


_READERS: Final[Mapping[fields.Kind, Callable[[str, Any], Iterator[Node]]]] = {
    fields.Kind.TAG: _tag,
    fields.Kind.CHOICE: _choice,
    fields.Kind.FLAG: _flag,
    fields.Kind.TIME: _time,
    fields.Kind.NUMBER: _number,
    fields.Kind.METADATA: _metadata,
}


def holds(condition: Node, memory: Memory) -> bool:
    """Return true if the engine would find a memory by a condition.

    The tenant is no part of a record, so a condition on it cannot be asked.

    Raises:
        KeyError: the condition is on the tenant.
    """
    match condition:
        case Tag():
            return not _held(condition.field, memory).isdisjoint(condition.values)
        case Prefix():
            return any(each.startswith(condition.start) for each in _held(condition.field, memory))
        case Range():
            return _within(condition, fields.NUMBERS[condition.field].read(memory))
        case Not():
            return not holds(condition.part, memory)
        case AllOf():
            return all(holds(part, memory) for part in condition.parts)
        case AnyOf():
            return any(holds(part, memory) for part in condition.parts)


def fields_of(condition: Node) -> Iterator[str]:
    """Yield the fields that a condition asks for."""
    match condition:
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from fields_of(part)
        case Not():
            yield condition.part.field
        case _:
            yield condition.field


def owner_of(condition: Node) -> str:
    """Return the owner of all memories that a condition selects; empty where it names none."""
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    for part in parts:
        if isinstance(part, Tag) and part.field == fields.USER and len(part.values) == 1:
            return part.values[0]
    return ""


def _held(field: str, memory: Memory) -> set[str]:
    """Return the values of a tag field; nothing is held as the empty value."""
    return set(fields.TAGS[field].read(memory)) or {""}


def _within(asked: Range, number: int | None) -> bool:
    if number is None:
        return False
    low, high = asked.low, asked.high
    return (low is None or low <= number) and (high is None or number <= high)


@lru_cache(maxsize=64)
def visible(at: int, *, superseded: bool = False) -> Node:
    """Return the condition of being visible: not hidden, not expired, and true at a moment.

    A memory is true from `valid_from` on and no longer from `invalid_from` on. Every part is put
    as an exclusion: what it names is rare, so it costs little however many memories there are.

    Args:
        at: the moment, in microseconds.
        superseded: also what is no longer true at the moment.
    """
    return every(
        [
            negated(flag(fields.HIDDEN, value=True)),
            negated(Range(fields.EXPIRE, high=at)),
            negated(Range(fields.VALID_FROM, low=at + 1)),
            ALWAYS if superseded else negated(Range(fields.INVALID_FROM, high=at)),
        ]
    )


def is_visible(memory: Memory, at: int) -> bool:
    """Return true if readers see a memory at a moment in microseconds."""
    return holds(visible(at), memory)
