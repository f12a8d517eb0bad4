"""Filters: conditions on the fields of memories.

Conditions by field name, all of which must hold::

    {"user_id": {"eq": "alice"}, "topics": {"all": ["food", "travel"]}}
    {"created_at": {"gte": "2024-01-01", "lt": "2025-01-01"}}
    {"namespace": "work", "any_of": [{"pinned": True}, {"memory_type": "episodic"}]}

========================================  ==================================================
Fields                                    Operators
========================================  ==================================================
id, namespace, user_id, session_id,       eq, ne, any, all, none, prefix, exists
topics, entities, extractor,
extracted_from, slot
created_at, updated_at, last_accessed,    eq, ne, gt, gte, lt, lte, between, exists
event_date
access_count                              eq, ne, gt, gte, lt, lte, between
memory_type, extraction_strategy          eq, ne, any, none
pinned, standing                          eq, ne
metadata                                  eq, ne, gt, gte, lt, lte, between, any, all, none,
                                          prefix, exists
any_of, none_of                           a list of filters
========================================  ==================================================

A plain value means `eq`. Any key of the metadata can be asked for: `{"metadata": {"agent_id": "a",
"importance": {"gte": 5}}}`; a dot leads into an object, and on a list a condition holds where one
of its values fulfils it. A time is a moment, or a day such as `"2024-01-01"`: `eq` then means
within that day, `gt` after its end, `lte` before its end, and `between` from the start of the first
to the end of the last. Days, and times without a zone, are those of the `time_zone` beside the
conditions, or of UTC. `in_`, `not_in`, `not_eq` and `startswith` are other names of `any`,
`none`, `ne` and `prefix`. The classes of this module say the same with completion:
`UserId(eq="alice")`. Anything unknown raises `MemoryValidationError` with its path.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agent_memory.common.v1 import filter_pb2
from agent_memory_client import _types, _values, errors
from agent_memory_client._types import text

__all__ = [
    "FIELDS",
    "AccessCount",
    "Condition",
    "CreatedAt",
    "Entities",
    "EventDate",
    "ExtractedFrom",
    "ExtractionStrategy",
    "Extractor",
    "Id",
    "LastAccessed",
    "MemoryType",
    "Metadata",
    "Namespace",
    "Pinned",
    "SessionId",
    "Slot",
    "Standing",
    "Topics",
    "UpdatedAt",
    "UserId",
    "compile_filter",
    "conjunction",
    "decompile_filter",
]

_OTHER_NAMES = {
    "in": "any",
    "in_": "any",
    "not_in": "none",
    "not_eq": "ne",
    "startswith": "prefix",
}
_GROUPS = ("any_of", "none_of")
_DEEPEST = 30
_ENDS = 2
_LONGEST_PATH = 2000


class Condition(BaseModel):
    """Operators on one field; every one that is set must hold.

    Attributes:
        name: Name of the field for callers.
        field: Name of the field in the contract.
        known: Operators, by the name that the contract has for them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    field: ClassVar[str]
    known: ClassVar[Sequence[str]]

    def operators(self) -> dict[str, Any]:
        """Answer the operators that are set, with their values."""
        return self.model_dump(exclude_none=True)

    @classmethod
    def to_contract(cls, value: Any, path: str) -> Any:
        """Convert a value, operators or a condition to the form of the contract.

        Raises:
            MemoryValidationError: An operator is unknown, or a value has the wrong type.
        """
        raise NotImplementedError


class TagCondition(Condition):
    """Operators on an exact, case-sensitive text, or on a list of such texts.

    On a list `eq` means "contains" and `prefix` "one of them starts with". `in_`, `not_in`,
    `not_eq` and `startswith` are other names of `any`, `none`, `ne` and `prefix`.
    """

    known = ("eq", "ne", "any", "all", "none", "prefix", "exists")

    eq: str | None = None
    ne: str | None = None
    any: Sequence[str] | None = None
    all: Sequence[str] | None = None
    none: Sequence[str] | None = None
    prefix: str | None = None
    exists: bool | None = None
    in_: Sequence[str] | None = None
    not_in: Sequence[str] | None = None
    not_eq: str | None = None
    startswith: str | None = None

    @classmethod
    def to_contract(cls, value: Any, path: str) -> filter_pb2.TagFilter:
        """Convert conditions on texts."""
        given = _operators(value, path, cls.known)
        result = filter_pb2.TagFilter()
        for name, operand in given.items():
            here = f"{path}.{name}"
            if name in {"eq", "ne", "prefix"}:
                setattr(result, name, text(operand, here))
            elif name != "exists":
                several = _at_least_one if name == "any" else _several
                getattr(result, name).extend(text(item, here) for item in several(operand, here))
        if "exists" in given:
            # The contract has no operator for it: the empty value stands for nothing set.
            taken = "ne" if _flag(given["exists"], f"{path}.exists") else "eq"
            if taken in given:
                raise errors.invalid(f"{path}.exists", f"{taken} is given too")
            setattr(result, taken, "")
        return result


class TimeCondition(Condition):
    """Operators on a moment, to the microsecond, or on a day; `between` has both ends in."""

    known = ("eq", "ne", "gt", "gte", "lt", "lte", "between", "exists")

    eq: _types.When | None = None
    ne: _types.When | None = None
    gt: _types.When | None = None
    gte: _types.When | None = None
    lt: _types.When | None = None
    lte: _types.When | None = None
    between: tuple[_types.When, _types.When] | None = None
    exists: bool | None = None

    @classmethod
    def to_contract(
        cls, value: Any, path: str, time_zone: str | None = None
    ) -> filter_pb2.TimeFilter:
        """Convert conditions on a time, but for "is not this day"; see `refused_day`."""
        given = _bounds(_operators(value, path, cls.known), path)
        result = filter_pb2.TimeFilter()
        for name, operand in given.items():
            here = f"{path}.{name}"
            if name == "exists":
                result.exists = _flag(operand, here)
                continue
            start, after = _span(operand, here, time_zone)
            bounds = {name: start} if after is None else _of_day(name, start, after)
            for bound, moment in bounds.items():
                _narrow(result, bound, moment)
        return result

    @classmethod
    def refused_day(
        cls, value: Any, path: str, time_zone: str | None = None
    ) -> filter_pb2.TimeFilter | None:
        """Convert the day that a time must not be within, where a day is refused."""
        given = _operators(value, path, cls.known)
        if "ne" not in given:
            return None
        start, after = _span(given["ne"], f"{path}.ne", time_zone)
        return None if after is None else filter_pb2.TimeFilter(gte=start, lt=after)


class NumberCondition(Condition):
    """Operators on a whole number; `between` has both ends in."""

    known = ("eq", "ne", "gt", "gte", "lt", "lte", "between")

    eq: int | None = None
    ne: int | None = None
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None
    between: tuple[int, int] | None = None

    @classmethod
    def to_contract(cls, value: Any, path: str) -> filter_pb2.NumberFilter:
        """Convert conditions on a whole number."""
        given = _bounds(_operators(value, path, cls.known), path)
        return filter_pb2.NumberFilter(
            **{name: _whole_number(operand, f"{path}.{name}") for name, operand in given.items()}
        )


class ChoiceCondition(Condition):
    """Operators on a value out of a fixed set."""

    known = ("eq", "ne", "any", "none")

    eq: str | None = None
    ne: str | None = None
    any: Sequence[str] | None = None
    none: Sequence[str] | None = None
    in_: Sequence[str] | None = None
    not_in: Sequence[str] | None = None
    not_eq: str | None = None


class TypeCondition(ChoiceCondition):
    """Operators on `semantic`, `episodic` and `message`."""

    @classmethod
    def to_contract(cls, value: Any, path: str) -> filter_pb2.TypeFilter:
        """Convert conditions on the type of a memory."""
        chosen, refused = _choices(value, path, _values.MEMORY_TYPES)
        return filter_pb2.TypeFilter(any=chosen, none=refused)


class StrategyCondition(ChoiceCondition):
    """Operators on `discrete`, `summary`, `preferences` and `custom`."""

    @classmethod
    def to_contract(cls, value: Any, path: str) -> filter_pb2.StrategyFilter:
        """Convert conditions on the strategy that found a memory."""
        chosen, refused = _choices(value, path, _values.STRATEGIES)
        return filter_pb2.StrategyFilter(any=chosen, none=refused)


class FlagCondition(Condition):
    """Operators on what is true or false."""

    known = ("eq", "ne")

    eq: bool | None = None
    ne: bool | None = None

    @classmethod
    def to_contract(cls, value: Any, path: str) -> bool:
        """Convert conditions to the value that a flag must have."""
        given = _operators(value, path, cls.known)
        wanted = {_flag(item, f"{path}.{name}") == (name == "eq") for name, item in given.items()}
        if len(wanted) > 1:
            raise errors.invalid(path, "eq and ne contradict each other")
        return wanted.pop()


class MetadataCondition(Condition):
    """Operators on the values of metadata, by their paths.

    Attributes:
        paths: A value or operators by path.
    """

    known = (
        *("eq", "ne", "gt", "gte", "lt", "lte", "between"),
        *("any", "all", "none", "prefix", "exists"),
    )

    paths: Mapping[str, Any]

    def operators(self) -> dict[str, Any]:
        """Answer the conditions by path."""
        return dict(self.paths)

    @classmethod
    def to_contract(cls, value: Any, path: str) -> list[filter_pb2.MetadataFilter]:
        """Convert conditions on metadata; a list of mappings holds where each of them does."""
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            groups = enumerate(value)
            return [each for n, item in groups for each in cls.to_contract(item, f"{path}[{n}]")]
        given = value.operators() if isinstance(value, Condition) else value
        if not isinstance(given, Mapping):
            raise errors.invalid(path, f"needs conditions by key, not {type(given).__name__}")
        if not given:
            raise errors.invalid(path, "holds no condition")
        return list(cls._conditions(given, path, ""))

    @classmethod
    def _conditions(
        cls, given: Mapping[str, Any], path: str, prefix: str
    ) -> Iterator[filter_pb2.MetadataFilter]:
        for key, value in given.items():
            here, name = f"{path}.{key}", f"{prefix}{text(key, path)}"
            written = isinstance(value, Mapping) and all(
                _OTHER_NAMES.get(each, each) in cls.known for each in value
            )
            if isinstance(value, Mapping) and not written:
                if len(here) > _LONGEST_PATH:
                    raise errors.invalid(here[:80], "is nested too deep")
                yield from cls._conditions(value, here, f"{name}.")
            else:
                operators = {"eq": value} if value is None else _written(value, here)
                yield _on_value(name, _some(operators, here, cls.known), here)


def _some(given: Mapping[str, Any], path: str, known: Iterable[str]) -> dict[str, Any]:
    """Answer operators as `_operators` does, with what asks for nothing as `exists`."""
    found = dict(given)
    for name, exists in (("eq", False), ("ne", True), ("not_eq", True)):
        if name in found and found[name] is None:
            del found[name]
            found["exists"] = exists
    return _bounds(_operators(found, path, known), path)


def _on_value(name: str, given: Mapping[str, Any], path: str) -> filter_pb2.MetadataFilter:
    """Convert the operators on one value, each by the type of its operand."""
    result = filter_pb2.MetadataFilter(path=name)
    for operator, operand in given.items():
        here = f"{path}.{operator}"
        if operator == "exists":
            result.exists = _flag(operand, here)
        elif operator in {"any", "all", "none"}:
            several = _at_least_one if operator == "any" else _several
            values = several(operand, here)
            if operator != "all" and values and all(map(_is_number, values)):
                getattr(result.number, operator).extend(map(float, values))
            else:
                getattr(result.text, operator).extend(text(each, here) for each in values)
        elif isinstance(operand, bool) and operator in {"eq", "ne"}:
            setattr(result, "flag" if operator == "eq" else "not_flag", operand)
        elif operator == "prefix" or (operator in {"eq", "ne"} and not _is_number(operand)):
            setattr(result.text, operator, text(operand, here))
        elif _is_number(operand):
            setattr(result.number, operator, float(operand))
        else:
            raise errors.invalid(here, f"needs a number, not {type(operand).__name__}")
    return result


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


FIELDS: Final[dict[str, type[Condition]]] = {}
"""Classes of the conditions by the name of their field: all that can be filtered by."""

ConditionType = TypeVar("ConditionType", bound=type[Condition])


def _on(name: str, field: str | None = None) -> Callable[[ConditionType], ConditionType]:
    """Declare the field of a condition; its name in the contract may differ."""

    def declare(kind: ConditionType) -> ConditionType:
        kind.name, kind.field = name, field or name
        FIELDS[name] = kind
        return kind

    return declare


@_on("id")
class Id(TagCondition):
    """Condition on the id."""


@_on("namespace")
class Namespace(TagCondition):
    """Condition on the namespace; `prefix` selects a whole branch of nested ones."""


@_on("user_id")
class UserId(TagCondition):
    """Condition on the owner."""


@_on("session_id")
class SessionId(TagCondition):
    """Condition on the session."""


@_on("topics")
class Topics(TagCondition):
    """Condition on the topics."""


@_on("entities")
class Entities(TagCondition):
    """Condition on the entities."""


@_on("extractor")
class Extractor(TagCondition):
    """Condition on the extractor that found the memory."""


@_on("extracted_from", "source_message_ids")
class ExtractedFrom(TagCondition):
    """Condition on the ids of the messages that state it."""


@_on("slot")
class Slot(TagCondition):
    """Condition on the slot of a fact with one value."""


@_on("memory_type", "type")
class MemoryType(TypeCondition):
    """Condition on the type."""


@_on("extraction_strategy", "strategy")
class ExtractionStrategy(StrategyCondition):
    """Condition on the strategy that found the memory."""


@_on("created_at", "create_time")
class CreatedAt(TimeCondition):
    """Condition on the time it was first stored."""


@_on("updated_at", "update_time")
class UpdatedAt(TimeCondition):
    """Condition on the time of its last change."""


@_on("last_accessed", "last_access_time")
class LastAccessed(TimeCondition):
    """Condition on the time it was last found."""


@_on("event_date", "event_time")
class EventDate(TimeCondition):
    """Condition on the start of its event."""


@_on("access_count")
class AccessCount(NumberCondition):
    """Condition on how often it was found."""


@_on("pinned")
class Pinned(FlagCondition):
    """Condition on the protection from being merged, forgotten or archived."""


@_on("standing")
class Standing(FlagCondition):
    """Condition on the place on the shelf that every prompt considers."""


@_on("metadata")
class Metadata(MetadataCondition):
    """Condition on the metadata: `Metadata(paths={"agent.id": {"eq": "chef"}})`."""


def compile_filter(
    conditions: Mapping[str, Any], path: str = "filters", *, time_zone: str | None = None
) -> filter_pb2.MemoryFilter:
    """Convert conditions to the filter that holds where every one does.

    Args:
        conditions: A value, operators or a condition object by field name; `any_of` and `none_of`
            take a list of such mappings.
        path: Where the conditions stand in the caller's arguments, for errors.
        time_zone: IANA zone of days, and of times without a zone; UTC when absent.

    Raises:
        MemoryValidationError: A field, an operator or the time zone is unknown, or a value has the
            wrong type; names the path.
    """
    return _compile(conditions, path, time_zone, 1)


def conjunction(
    fields: filter_pb2.MemoryFilter, rest: filter_pb2.MemoryFilter
) -> filter_pb2.MemoryFilter:
    """Make the filter that holds where both do; `fields` may hold no `any_of`."""
    both = filter_pb2.MemoryFilter()
    both.CopyFrom(fields)
    if _names(fields) & _names(rest):
        # A field has room for one condition only; a group of one keeps the other.
        both.any_of.append(rest)
    else:
        both.MergeFrom(rest)
    return both


def decompile_filter(memory_filter: filter_pb2.MemoryFilter) -> dict[str, Any]:
    """Convert a filter to conditions such that compiling them again gives the same filter."""
    names = {kind.field: name for name, kind in FIELDS.items()}
    conditions: dict[str, Any] = {}
    for field, value in memory_filter.ListFields():
        if field.name in names:
            conditions[names[field.name]] = _condition(field.name, value)
        else:
            conditions[field.name] = [decompile_filter(item) for item in value]
    return conditions


def _compile(
    conditions: Mapping[str, Any], path: str, time_zone: str | None, depth: int
) -> filter_pb2.MemoryFilter:
    if not isinstance(conditions, Mapping):
        raise errors.invalid(path, f"needs conditions by field, not {type(conditions).__name__}")
    if depth > _DEEPEST:
        raise errors.invalid(path[:80], f"is nested deeper than {_DEEPEST} levels")
    result = filter_pb2.MemoryFilter()
    for name, value in conditions.items():
        here = f"{path}.{name}" if path else str(name)
        if name in _GROUPS:
            getattr(result, name).extend(_group(value, here, time_zone, depth))
        elif name in FIELDS:
            _add(result, FIELDS[name], value, here, time_zone)
        else:
            known = ", ".join((*FIELDS, *_GROUPS))
            raise errors.invalid(here, f"unknown field; known are {known}")
    return result


def _add(
    result: filter_pb2.MemoryFilter,
    kind: type[Condition],
    value: Any,
    path: str,
    time_zone: str | None,
) -> None:
    if not issubclass(kind, TimeCondition):
        _set(result, kind.field, kind.to_contract(value, path))
        return
    times = kind.to_contract(value, path, time_zone)
    refused = kind.refused_day(value, path, time_zone)
    if refused is not None:
        _set(result.none_of.add(), kind.field, refused)
    if times.ListFields() or refused is None:
        _set(result, kind.field, times)


def _names(message: filter_pb2.MemoryFilter) -> set[str]:
    return {field.name for field, _ in message.ListFields()}


def _group(
    value: Any, path: str, time_zone: str | None, depth: int
) -> list[filter_pb2.MemoryFilter]:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise errors.invalid(path, "needs a list of filters")
    for position, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise errors.invalid(f"{path}[{position}]", "needs a filter")
    if not value and path.endswith("any_of"):
        raise errors.invalid(path, "needs at least one filter")
    return [_compile(item, f"{path}[{n}]", time_zone, depth + 1) for n, item in enumerate(value)]


def _set(result: filter_pb2.MemoryFilter, field: str, condition: Any) -> None:
    if isinstance(condition, list):
        getattr(result, field).extend(condition)
    elif isinstance(condition, Message):
        getattr(result, field).CopyFrom(condition)
    else:
        setattr(result, field, condition)


def _operators(value: Any, path: str, known: Iterable[str]) -> dict[str, Any]:
    """Answer the operators of one field under one name each; a plain value means equality.

    Raises:
        MemoryValidationError: An operator is unknown or given twice, or there is none.
    """
    found: dict[str, Any] = {}
    for written, operand in _written(value, path).items():
        name = _OTHER_NAMES.get(written, written)
        if name not in known:
            raise errors.invalid(
                f"{path}.{written}", f"unknown operator; known are {', '.join(known)}"
            )
        if name in found:
            raise errors.invalid(f"{path}.{written}", f"the same as {name}, which is given too")
        if operand is None:
            raise errors.invalid(f"{path}.{written}", "needs a value")
        found[name] = operand
    if not found:
        raise errors.invalid(path, "holds no condition")
    return found


def _written(value: Any, path: str) -> Mapping[str, Any]:
    if isinstance(value, Condition):
        return value.operators()
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        raise errors.invalid(path, "say `any`, `all` or `none` for several values")
    return {"eq": value}


def _bounds(given: dict[str, Any], path: str) -> dict[str, Any]:
    """Answer the operators with `between` as its two ends."""
    if "between" not in given:
        return given
    here = f"{path}.between"
    ends = _several(given.pop("between"), here)
    if len(ends) != _ENDS:
        raise errors.invalid(here, "needs the first and the last value")
    if given.keys() & {"gte", "lte"}:
        raise errors.invalid(here, "gte or lte is given too")
    return given | {"gte": ends[0], "lte": ends[1]}


def _choices(value: Any, path: str, names: _values.EnumNames[Any]) -> tuple[list[Any], list[Any]]:
    """Answer the values of which one must hold, and those that must not."""
    given = _operators(value, path, ChoiceCondition.known)
    for one, many in (("eq", "any"), ("ne", "none")):
        if one in given and many in given:
            raise errors.invalid(path, f"give {one} or {many}, not both")
        if one in given:
            given[many] = [given[one]]
    chosen = _at_least_one(given["any"], f"{path}.any") if "any" in given else ()
    refused = _several(given.get("none", ()), f"{path}.none")
    return (
        [names.parse(item, f"{path}.any") for item in chosen],
        [names.parse(item, f"{path}.none") for item in refused],
    )


def _whole_number(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.invalid(path, f"needs a whole number, not {type(value).__name__}")
    if abs(value) > _types.LARGEST_INT64:
        raise errors.invalid(path, "lies outside of 64 bits")
    return value


def _flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise errors.invalid(path, f"needs true or false, not {type(value).__name__}")
    return value


def _span(value: Any, path: str, time_zone: str | None) -> tuple[Timestamp, Timestamp | None]:
    """Read a moment, or the first moments of a day and of the next one.

    A moment is a `datetime`, an ISO 8601 text or Unix seconds; a day is a `date` or its text.
    """
    try:
        written = _TIMES.validate_python(value)
    except ValidationError as error:
        raise errors.invalid(path, f"{value!r} is no time") from error
    try:
        zone = _types.zone_of(time_zone)
    except ValueError as error:
        raise errors.invalid("time_zone", str(error)) from error
    try:
        start = _values.to_timestamp(_types.moment_of(written, zone))
        if not _types.is_day(written):
            return start, None
        return start, _values.to_timestamp(_types.moment_of(written + timedelta(days=1), zone))
    except (ValueError, OverflowError) as error:
        raise errors.invalid(path, f"{value!r} is no time") from error


def _of_day(name: str, start: Timestamp, after: Timestamp) -> dict[str, Timestamp]:
    """Spell an operator on a day as bounds on moments; `ne` is a group of its own."""
    bounds = {
        "eq": {"gte": start, "lt": after},
        "gt": {"gte": after},
        "gte": {"gte": start},
        "lt": {"lt": start},
        "lte": {"lt": after},
    }
    return bounds.get(name, {})


def _narrow(result: filter_pb2.TimeFilter, bound: str, moment: Timestamp) -> None:
    """Set a bound, or keep the narrower of two."""
    kept = getattr(result, bound)
    narrower = max if bound in {"gt", "gte"} else min
    if result.HasField(bound):  # type: ignore[arg-type] # a variable name
        moment = narrower(kept, moment, key=Timestamp.ToMicroseconds)
    kept.CopyFrom(moment)


def _several(value: Any, path: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise errors.invalid(path, "needs a list")
    return list(value)


def _at_least_one(value: Any, path: str) -> Sequence[Any]:
    """Read a list that is not empty: in the contract an empty one would match everything."""
    if not (values := _several(value, path)):
        raise errors.invalid(path, "needs at least one value")
    return values


def _metadata(filters: Iterable[filter_pb2.MetadataFilter]) -> Any:
    """Convert conditions on metadata back; those on one path go into mappings of their own."""
    groups: list[dict[str, Any]] = []
    for each in filters:
        operators = {
            name: getattr(each, field)
            for field, name in (("exists", "exists"), ("flag", "eq"), ("not_flag", "ne"))
            if each.HasField(field)  # type: ignore[arg-type] # a variable name
        }
        for part in (each.text, each.number):
            told = {name.name: _operand(value, None) for name, value in part.ListFields()}
            for name, value in told.items():
                if name in operators:
                    groups.append({each.path: {name: value}})
                else:
                    operators[name] = value
        if groups and each.path not in groups[-1]:
            groups[-1][each.path] = operators
        else:
            groups.append({each.path: operators})
    return groups[0] if len(groups) == 1 else groups


def _condition(field: str, value: Any) -> Any:
    if field == "metadata":
        return _metadata(value)
    if not isinstance(value, Message):
        return value
    choices: Mapping[str, _values.EnumNames[Any]] = {
        "type": _values.MEMORY_TYPES,
        "strategy": _values.STRATEGIES,
    }
    return {
        operator.name: _operand(operand, choices.get(field))
        for operator, operand in value.ListFields()
    }


def _operand(operand: Any, choices: _values.EnumNames[Any] | None) -> Any:
    if isinstance(operand, Timestamp):
        return operand.ToDatetime(UTC)
    if isinstance(operand, (str, int, float)):
        return operand
    return [choices.name(item) if choices else item for item in operand]


_TIMES: TypeAdapter[datetime | date] = TypeAdapter(_types.When)
