"""Kinds of conditions: the operators of each, and their conversion to the form of the contract.

An operator is written by its name, by another name of it, or as a plain value that means equality.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agent_memory.common.v1 import filter_pb2
from agent_memory_client import _types, _values, errors

_OTHER_NAMES = {
    "in": "any",
    "in_": "any",
    "not_in": "none",
    "not_eq": "ne",
    "startswith": "prefix",
}
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
                setattr(result, name, _types.text(operand, here))
            elif name != "exists":
                several = _at_least_one if name == "any" else _several
                getattr(result, name).extend(
                    _types.text(item, here) for item in several(operand, here)
                )
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
            here, name = f"{path}.{key}", f"{prefix}{_types.text(key, path)}"
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


def from_contract(field: str, value: Any) -> Any:
    """Convert the condition on a field of the contract to operators, or to a plain value."""
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


def _operand(operand: Any, choices: _values.EnumNames[Any] | None) -> Any:
    if isinstance(operand, Timestamp):
        return operand.ToDatetime(UTC)
    if isinstance(operand, (str, int, float)):
        return operand
    return [choices.name(item) if choices else item for item in operand]


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
                getattr(result.text, operator).extend(_types.text(each, here) for each in values)
        elif isinstance(operand, bool) and operator in {"eq", "ne"}:
            setattr(result, "flag" if operator == "eq" else "not_flag", operand)
        elif operator == "prefix" or (operator in {"eq", "ne"} and not _is_number(operand)):
            setattr(result.text, operator, _types.text(operand, here))
        elif _is_number(operand):
            setattr(result.number, operator, float(operand))
        else:
            raise errors.invalid(here, f"needs a number, not {type(operand).__name__}")
    return result


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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


_TIMES: TypeAdapter[datetime | date] = TypeAdapter(_types.When)
