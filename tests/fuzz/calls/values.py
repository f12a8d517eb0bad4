"""Values at the edges of what a field can hold, and at those of its rule."""

import math
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import DecodeError, Message
from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.unknown_fields import UnknownFieldSet

MANY = 100_000
# The number of `buf.validate.field` among the options of a field.
_RULE = 1159
_VARINT = 0
_FEW = (0, 1, 1, 1, 2, 3, 17)
_WHOLE = (
    *(0, 1, -1, 2, 7, 100, 1000, 1001, 2**31 - 1, 2**31, -(2**31), 2**32 - 1, 2**32),
    *(2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**60, 2**63 - 1, -(2**63), 2**64 - 1),
)
_LIMITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_REAL = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, 1.0000001, 100.0, 5e-324, 1e38, 1.7976931348623157e308),
    *(float(2**53) + 2, float(2**63), math.inf, -math.inf, math.nan),
)
_TEXTS = (
    *("", " ", "a", "0", "-1", "9007199254740993", "1e999", "NaN", "null", "*", ".", "..", "a.b"),
    *("\x00", "a\x00b", "\n", "\r\nSET a b\r\n", "\x7f", "\u202e", "\ufeff", "\ud7ff", "\ufffd"),
    *("\U0001f9d1\u200d\U0001f680", "\u00df", "e\u0301", "\uffff", "\U0010ffff", "{", "}", '"'),
    *("\\", "'", "@user_id:{*}", "a|b", "(a)", "-a", "$x", "%00", "%2e%2e%2f", "{a}", "__", "_00"),
    *("../../etc/passwd", "Europe/Berlin", "9999-12-31T23:59:60Z", "I moved to Lisbon on 31 June."),
    *("gpt-4o", "{memories}", "user", "tool", "system", "a/b", "user/employer", 'W/"1"'),
)
_LENGTHS = (64, 255, 256, 512, 513, 1024, 4096, 32768, 65537)
_SECONDS = (
    *(0, 1, -1, 1_700_000_000, -62_135_596_800, -62_135_596_801, 253_402_300_799, 253_402_300_800),
    *(2**31, 2**53, 2**53 + 1, 2**60, 2**62, 2**63 - 1, -(2**63), 315_576_000_000, 315_576_000_001),
)
_NANOS = (0, 0, 0, 1, 999, 999_999_999, 1_000_000_000, -1, 2**31 - 1, -(2**31))
_PATHS = (
    "*",
    "",
    ".",
    "..",
    "a",
    "id",
    "text.",
    ".text",
    "messages",
    "Text",
    "a" * 600,
    "data.a.b",
)


def value(field: FieldDescriptor, chance: random.Random) -> Any:
    """A value for a field that is no message."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return _bytes(chance) if field.type == FieldDescriptor.TYPE_BYTES else text(field, chance)
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        assert field.enum_type is not None
        known = [each.number for each in field.enum_type.values]
        return chance.choice([*known, *known, -1, known[-1] + 1, 99, 2**31 - 1, -(2**31)])
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if (limits := _LIMITS.get(field.cpp_type)) is None:
        return chance.choice(_REAL)
    around = [edge + step for edge in edges(field) for step in (-1, 0, 1)]
    fitting = [each for each in (*_WHOLE, *around, *around) if limits[0] <= each <= limits[1]]
    return chance.choice(fitting)


def text(field: FieldDescriptor | None, chance: random.Random) -> str:
    """A text that means something to some parser, or one of a telling length."""
    if chance.random() < 0.7:
        return chance.choice(_TEXTS)
    known = [edge + step for edge in (edges(field) if field else ()) for step in (-1, 0, 1)]
    length = chance.choice([*_LENGTHS[:4], *(known or _LENGTHS)])
    unit = chance.choice(["a", "a", "word ", "\u00df", "\U0001f9d1", "{", "\\", '"', "9", "\n"])
    return (unit * max(0, length))[: max(0, length // len(unit.encode()) * len(unit))]


def count(field: FieldDescriptor, chance: random.Random) -> int:
    """How many items a list or a map is given."""
    drawn = chance.random()
    if drawn < 0.03:
        return MANY
    if drawn < 0.1 and (known := edges(field)):
        return max(0, chance.choice(known) + chance.choice((0, 1)))
    return chance.choice(_FEW)


def special(kind: Descriptor, chance: random.Random) -> Message | None:
    """A message of a well-known type, or nothing where the type is not known."""
    make = _SPECIAL.get(kind.full_name)
    return None if make is None else make(chance)


@cache
def edges(field: FieldDescriptor) -> tuple[int, ...]:
    """The numbers that the rule of a field names: lengths, counts, bounds.

    The stubs are generated without the types of the rules, so they are read as unknown fields.
    """
    return tuple(
        number
        for option in _unknown(field.GetOptions())
        if option.field_number == _RULE
        for number in _numbers(option.data)
    )


def _unknown(message: Message) -> Iterator[Any]:
    # Its stubs do not say that it is a sequence.
    yield from cast("Any", UnknownFieldSet(message))


def _numbers(data: bytes) -> Iterator[int]:
    try:
        fields = _unknown(Empty.FromString(data))
    except DecodeError:
        return  # a text
    for field in fields:
        if field.wire_type == _VARINT:
            yield field.data - (2**64 if field.data >= 2**63 else 0)
        elif isinstance(field.data, bytes):
            yield from _numbers(field.data)


def _bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 8, 300)))


def _timestamp(chance: random.Random) -> Timestamp:
    return Timestamp(seconds=chance.choice(_SECONDS), nanos=chance.choice(_NANOS))


def _duration(chance: random.Random) -> Duration:
    return Duration(seconds=chance.choice(_SECONDS), nanos=chance.choice(_NANOS))


def _mask(chance: random.Random) -> FieldMask:
    if chance.random() < 0.1:
        return FieldMask(paths=["text"] * MANY)
    return FieldMask(paths=[chance.choice(_PATHS) for _ in range(chance.choice(_FEW))])


def _any_value(chance: random.Random, depth: int = 3) -> Value:
    drawn = chance.random()
    if depth and drawn < 0.2:
        return Value(struct_value=_struct(chance, depth - 1))
    if depth and drawn < 0.4:
        return Value(list_value=_list(chance, depth - 1))
    if drawn < 0.6:
        return Value(number_value=chance.choice((*_REAL, *map(float, _WHOLE))))
    if drawn < 0.8:
        return Value(string_value=text(None, chance))
    return chance.choice((Value(), Value(null_value=NullValue.NULL_VALUE), Value(bool_value=True)))


def _struct(chance: random.Random, depth: int = 3) -> Struct:
    made = Struct()
    drawn = chance.random()
    if depth == 3 and drawn < 0.05:
        made.fields["deep"].CopyFrom(_nested(chance.choice((10, 30, 90))))
    elif depth == 3 and drawn < 0.08:
        for number in range(chance.choice((1000, 20_000))):
            made.fields[str(number)].number_value = number
    else:
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            made.fields[text(None, chance)].CopyFrom(_any_value(chance, depth))
    return made


def _list(chance: random.Random, depth: int = 3) -> ListValue:
    return ListValue(values=[_any_value(chance, depth) for _ in range(chance.choice((0, 1, 2)))])


def _nested(depth: int) -> Value:
    """A value in so many lists; parsers stop at 100 messages, and each list is two."""
    made = Value(bool_value=True)
    for _ in range(depth // 2):
        made = Value(list_value=ListValue(values=[made]))
    return made


_SPECIAL: dict[str, Callable[[random.Random], Message]] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.FieldMask": _mask,
    "google.protobuf.Struct": _struct,
    "google.protobuf.Value": _any_value,
    "google.protobuf.ListValue": _list,
}
