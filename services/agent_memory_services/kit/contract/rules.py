"""Rules of the fields of a message: those of its contract, and values that no field may hold.

Times, durations and numbers have encodings that mean nothing: a time that no calendar has, a
number that is none. So has a condition of a filter: one without an operator would hold of
everything, where a caller lost its value on the way. They are refused wherever they stand, found by
the descriptors alone, so that a field which is added later is covered without a rule of its own.
Only fields that lead to such a value are visited.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final, TypeAlias, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from protovalidate import Validator, Violation

from agent_memory.common.v1 import filter_pb2
from agent_memory_services.kit.contract.clock import FIRST_MICROS
from agent_memory_services.kit.contract.errors import FieldViolation

_FIRST_SECOND: Final = FIRST_MICROS // 1_000_000
_LAST_SECOND: Final = 253_402_300_799
_LONGEST_SECONDS: Final = 315_576_000_000
_NANOS: Final = 1_000_000_000
# An answer has room for no more, and a million bad items must not hold up other calls.
_ENOUGH: Final = 100
_NUMBERS: Final = frozenset({FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT})

# A path below the value that was looked at, and what the rule asks for.
_Fault: TypeAlias = tuple[str, str]
_Check: TypeAlias = Callable[[Any], Sequence[_Fault]]

_NOT_A_TIME: Final = (("", "must be a time of the years 1 to 9999"),)
_NOT_A_DURATION: Final = (("", "must be a duration from 0 to 10,000 years"),)
_NOT_A_NUMBER: Final = (("", "must be a finite number"),)
_NO_CONDITION: Final = (("", "holds no condition"),)


class ValueRules:
    """Finds values that mean nothing in messages of any type."""

    def __init__(self) -> None:
        self._plans: dict[str, _Plan] = {}

    def violations(self, message: Message) -> list[FieldViolation]:
        """Fields that hold such a value, by their paths from the message's root.

        Of a list or map no more than about a hundred are told.
        """
        plan = self._plan(cast("Descriptor", message.DESCRIPTOR))
        return [FieldViolation(path, description) for path, description in plan(message)]

    def _plan(self, descriptor: Descriptor) -> "_Plan":
        """The plan of a type; a type that contains itself has one plan too."""
        plan = self._plans.get(descriptor.full_name)
        if plan is None:
            plan = self._plans[descriptor.full_name] = _Plan()
            plan.visits = tuple(self._visits(descriptor))
        return plan

    def _visits(self, descriptor: Descriptor) -> Iterator[_Check]:
        for field in descriptor.fields:
            entry = field.message_type if _is_map(field) else None
            check = self._check(entry.fields_by_name["value"] if entry else field)
            if check is None:
                continue
            if entry is not None:
                yield _each_entry(field.name, check)
            elif field.is_repeated:
                yield _each_item(field.name, check)
            elif field.message_type is None:
                yield _number(field.name)
            else:
                yield _message(field.name, check)

    def _check(self, field: FieldDescriptor) -> _Check | None:
        """Return the check of one value of a field; None where there is nothing to find in it."""
        kind = field.message_type
        if kind is None:
            return _check_number if field.type in _NUMBERS else None
        if kind.full_name in _LEAVES:
            return _LEAVES[kind.full_name]
        if kind.full_name in _CONDITIONS:
            return _condition(self._plan(kind))
        return self._plan(kind) if _leads_somewhere(kind) else None


class _Plan:
    """The fields that are visited in messages of one type."""

    __slots__ = ("visits",)

    visits: tuple[_Check, ...]

    def __call__(self, message: Message) -> Sequence[_Fault]:
        return [fault for visit in self.visits for fault in visit(message)]


def is_moment(timestamp: Timestamp) -> bool:
    """Return true if it is a time that calendars have, the store can keep and JSON can spell."""
    return _FIRST_SECOND <= timestamp.seconds <= _LAST_SECOND and 0 <= timestamp.nanos < _NANOS


def _check_time(timestamp: Timestamp) -> Sequence[_Fault]:
    return () if is_moment(timestamp) else _NOT_A_TIME


def _check_duration(duration: Duration) -> Sequence[_Fault]:
    sound = 0 <= duration.seconds <= _LONGEST_SECONDS and 0 <= duration.nanos < _NANOS
    return () if sound else _NOT_A_DURATION


def _check_number(number: float) -> Sequence[_Fault]:
    return () if math.isfinite(number) else _NOT_A_NUMBER


def _condition(within: _Check) -> _Check:
    """Return the check of a condition and of the values within it."""

    def check(condition: Message) -> Sequence[_Fault]:
        return within(condition) if condition.ListFields() else _NO_CONDITION

    return check


_CONDITIONS: Final = frozenset(
    kind.DESCRIPTOR.full_name
    for kind in (
        filter_pb2.TagFilter,
        filter_pb2.TimeFilter,
        filter_pb2.NumberFilter,
        filter_pb2.TypeFilter,
        filter_pb2.StrategyFilter,
        filter_pb2.MetadataNumberFilter,
    )
)
_LEAVES: Final[dict[str, _Check]] = {
    Timestamp.DESCRIPTOR.full_name: _check_time,
    Duration.DESCRIPTOR.full_name: _check_duration,
}


def _number(name: str) -> _Check:
    def visit(message: Message) -> Sequence[_Fault]:
        return () if math.isfinite(getattr(message, name)) else ((name, _NOT_A_NUMBER[0][1]),)

    return visit


def _message(name: str, check: _Check) -> _Check:
    def visit(message: Message) -> Sequence[_Fault]:
        if not message.HasField(name):
            return ()
        return _below(name, check(getattr(message, name)))

    return visit


def _each_item(name: str, check: _Check) -> _Check:
    def visit(message: Message) -> Sequence[_Fault]:
        faults: list[_Fault] = []
        for at, item in enumerate(getattr(message, name)):
            if found := check(item):
                faults += _below(f"{name}[{at}]", found)
                if len(faults) >= _ENOUGH:
                    break
        return faults

    return visit


def _each_entry(name: str, check: _Check) -> _Check:
    def visit(message: Message) -> Sequence[_Fault]:
        faults: list[_Fault] = []
        for key, item in getattr(message, name).items():
            if found := check(item):
                faults += _below(name + subscript(key), found)
                if len(faults) >= _ENOUGH:
                    break
        return faults

    return visit


def _below(path: str, faults: Sequence[_Fault]) -> Sequence[_Fault]:
    return [(f"{path}.{rest}" if rest else path, description) for rest, description in faults]


def subscript(key: object) -> str:
    """The part of a path that names an entry of a map, such as `["a"]`."""
    if not isinstance(key, str):
        return f"[{key}]"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _leads_somewhere(start: Descriptor) -> bool:
    """Return true if a value that is checked stands anywhere below a type."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        kind = waiting.pop()
        if kind.full_name in _LEAVES or kind.full_name in _CONDITIONS:
            return True
        if kind.full_name in seen:
            continue
        seen.add(kind.full_name)
        if any(field.type in _NUMBERS for field in kind.fields):
            return True
        waiting += [field.message_type for field in kind.fields if field.message_type is not None]
    return False


# Each violation costs as much as the check of a thousand sound fields.
_FULLY_TOLD_BYTES = 16 * 1024


@cache
def _validator() -> Validator:
    """Return the validator of this process, which keeps the rules that it has compiled."""
    return Validator()


@cache
def _value_rules() -> ValueRules:
    """Return the rules of values of this process, which keep the plans that they have made."""
    return ValueRules()


class ContractRules:
    """Holds messages against the rules of their contract."""

    def __init__(self) -> None:
        self._meaningless = _value_rules().violations
        self._validator = _validator()

    def violations(self, message: Message) -> list[FieldViolation]:
        """The fields that break a rule, by their paths from the message's root.

        Values that mean nothing are told alone: the contract's rules cannot be applied to them.
        Of a large message only the first fault is told, so that no message costs more than a sound
        one of its size.
        """
        if meaningless := self._meaningless(message):
            return meaningless
        return [_spelled(violation.proto) for violation in self._broken(message)]

    def _broken(self, message: Message) -> list[Violation]:
        found = self._validator.collect_violations(message, fail_fast=True)
        if found and message.ByteSize() <= _FULLY_TOLD_BYTES:
            return self._validator.collect_violations(message)
        return found


def _spelled(violation: Any) -> FieldViolation:
    return FieldViolation(_path(violation.field), violation.message)


def _path(field: Any) -> str:
    """The path from the root, such as `messages[3].role` or `labels["a"]`."""
    if field is None:
        return ""
    return ".".join(
        element.field_name + _subscript(element.subscript) for element in field.elements
    )


def _subscript(element: Any) -> str:
    return "" if element is None else subscript(element.value)
