"""Every field of a kind that a request holds, at any depth, and values put there."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.support.contracts import descriptor_of, message_type_of
from tests.support.example_requests import completed, example

_KEY: Final = "a key"
_YEAR: Final = 31_557_600
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
MEANINGLESS: Final[dict[str, list[Any]]] = {
    Timestamp.DESCRIPTOR.full_name: [
        Timestamp(seconds=2**62),
        Timestamp(seconds=-(2**62)),
        Timestamp(nanos=-1),
        Timestamp(nanos=10**9),
        Timestamp(seconds=_FIRST - 1),
        Timestamp(seconds=_LAST + 1),
    ],
    Duration.DESCRIPTOR.full_name: [
        Duration(seconds=2**62),
        Duration(seconds=-1),
        Duration(seconds=1, nanos=-1),
        Duration(seconds=1, nanos=10**9),
        Duration(seconds=10_001 * _YEAR),
    ],
    "double": [math.nan, math.inf, -math.inf],
}
"""Values that no field may hold, by the kind of the field."""
EXTREME: Final[dict[str, list[Any]]] = {
    Timestamp.DESCRIPTOR.full_name: [
        Timestamp(seconds=_FIRST),
        Timestamp(seconds=_LAST, nanos=10**9 - 1),
    ],
    Duration.DESCRIPTOR.full_name: [Duration(), Duration(seconds=10_000 * _YEAR)],
    "double": [-1.7e308, 5e-324, 1.7e308],
}
"""The first and the last that mean something."""
KINDS: Final = frozenset(MEANINGLESS)


@dataclass(frozen=True)
class Place:
    """A field of a request.

    Attributes:
        request: the request's type.
        steps: the fields that lead there, from the request on; the last one is the field itself.
    """

    request: type[Message]
    steps: tuple[FieldDescriptor, ...]

    @property
    def kind(self) -> str:
        """The full name of the field's type, or `double` for a number."""
        field = _value_of(self.steps[-1])
        return field.message_type.full_name if field.message_type else "double"

    @property
    def path(self) -> str:
        """The field's path in an answer that refuses what `holding` makes."""
        return ".".join(step.name + _subscript(step) for step in self.steps)

    def holding(self, value: Any) -> Message:
        """A request that is valid but for this field."""
        message = request = example(self.request)
        for step in self.steps[:-1]:
            message = _entered(message, step)
            # An item that was made for the field is valid in itself.
            completed(request)
        last = self.steps[-1]
        if last.message_type is not None:
            _entered(message, last).CopyFrom(value)
        elif last.is_repeated:
            getattr(message, last.name)[:] = [value]
        else:
            setattr(message, last.name, value)
        return request


def places(request: type[Message], *, nested: int = 1) -> list[Place]:
    """The fields of a request that hold times, durations and numbers, and of what it holds.

    A type that contains itself is entered `nested` times.
    """
    return [Place(request, steps) for steps in _below(descriptor_of(request), (), nested)]


def filled(
    found: Sequence[Place], values: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[Place, Message]]:
    """Each of some fields with each of the values for its kind, in a request."""
    for place in found:
        for value in values[place.kind]:
            yield place, place.holding(value)


def filled_in_turn(
    found: Sequence[Place], values: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[Place, Message]]:
    """Each of some fields with one of the values for its kind, the next one each time."""
    turns = {kind: cycle(each) for kind, each in values.items()}
    for place in found:
        yield place, place.holding(next(turns[place.kind]))


def _below(
    kind: Descriptor, above: tuple[FieldDescriptor, ...], nested: int
) -> Iterator[tuple[FieldDescriptor, ...]]:
    for field in kind.fields:
        steps = (*above, field)
        inner = _value_of(field).message_type
        if inner is None:
            if field.type == FieldDescriptor.TYPE_DOUBLE:
                yield steps
        elif inner.full_name in KINDS:
            yield steps
        elif sum(_value_of(step).message_type is inner for step in above) < nested:
            yield from _below(inner, steps, nested)


def _value_of(field: FieldDescriptor) -> FieldDescriptor:
    return message_type_of(field).fields_by_name["value"] if _is_map(field) else field


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _entered(message: Message, step: FieldDescriptor) -> Message:
    """The message in a field, made where it is missing; the first of several."""
    inside = getattr(message, step.name)
    if _is_map(step):
        return inside[_KEY]
    if step.is_repeated:
        return inside[0] if inside else inside.add()
    inside.SetInParent()
    return inside


def _subscript(step: FieldDescriptor) -> str:
    if _is_map(step):
        return f'["{_KEY}"]'
    return "[0]" if step.is_repeated else ""
