"""Anything that can come from outside."""

import math
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from tests.support.contracts import descriptor_of, message_type_of

_DEPTH = 3
# Texts that mean something to some parser, and what stands at the edges of numbers.
_TELLING = st.sampled_from(
    [
        *("", " ", "*", ".", "..", "a.b", "-", "0", "-1", "1e999", "NaN", "null", "\x00", "\n"),
        *("{", "}", "[", '"', "\\", "'", "@user_id:{*}", "__", "_00", "_zz", "%00"),
        *("Europe/Berlin", "../../etc/passwd", "2023-02-30", "2023-W60", "0000-00-00"),
        *("9999-12-31T23:59:60Z", "\u202e", "\ufeff", "\ud7ff"),
        *("\u00df" * 600, "a" * 5000, "9" * 5000),
    ]
)
TEXT = st.text(max_size=30) | _TELLING
BYTES = st.binary(max_size=200)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -1, 2**31, 2**53 + 1])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: NUMBERS,
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_ENUM: st.integers(-1, 12),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats() | st.sampled_from([math.inf, math.nan]),
}


def messages(kind: type[Message], depth: int = _DEPTH) -> st.SearchStrategy[Any]:
    """Messages of a kind with any fields set to anything, and what a parser makes of any bytes."""
    return _made_of(kind, depth) | BYTES.map(lambda data: _parsed(kind, data))


def _parsed(kind: type[Message], data: bytes) -> Message:
    message = kind()
    try:
        message.MergeFromString(data)
    except DecodeError:
        return kind()
    return message


def _made_of(kind: type[Message], depth: int) -> st.SearchStrategy[Any]:
    return _made(kind, depth)  # type: ignore[arg-type] # the metaclass of messages hides their hash


@cache
def _made(kind: type[Message], depth: int) -> st.SearchStrategy[Any]:
    fields = {
        field.name: _values(field, depth)
        for field in descriptor_of(kind).fields
        if depth or field.message_type is None
    }
    return st.fixed_dictionaries({}, optional=fields).map(lambda values: kind(**values))


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = (field.message_type.fields_by_name[part] for part in ("key", "value"))
        return st.dictionaries(_single(key, depth), _single(value, depth), max_size=2)
    values = _single(field, depth)
    return st.lists(values, max_size=3) if field.is_repeated else values


def _single(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.cpp_type == field.CPPTYPE_MESSAGE:
        return st.deferred(
            lambda: _made_of(GetMessageClass(message_type_of(field)), max(0, depth - 1))
        )
    if field.cpp_type == field.CPPTYPE_STRING:
        return BYTES if field.type == field.TYPE_BYTES else TEXT
    return _WHOLE[field.cpp_type]
