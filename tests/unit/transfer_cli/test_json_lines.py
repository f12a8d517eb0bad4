"""Memories as lines of JSON, whatever a file may hold."""

import json
from contextlib import suppress

import pytest
from google.protobuf.struct_pb2 import Struct, Value
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.transfer_cli.files import (
    UnreadableLineError,
    UnwritableMemoryError,
    line_of,
    memory_of,
)

_scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from([field.json_name for field in Memory.DESCRIPTOR.fields])
_memories = st.builds(
    Memory,
    id=st.text(),
    text=st.text(),
    type=st.integers(0, 3),
    topics=st.lists(st.text(), max_size=3),
    pinned=st.booleans(),
    access_count=st.integers(-(2**63), 2**63 - 1),
    sequence=st.integers(0, 2**63 - 1),
)


@given(_memories)
def test_a_memory_survives_its_line(memory: Memory) -> None:
    """One line, and the same memory when it is read."""
    line = line_of(memory)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert memory_of(line) == memory


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_upset_the_reader(line: bytes) -> None:
    """A line is a memory or is refused with a reason; nothing else comes out."""
    with suppress(UnreadableLineError):
        assert isinstance(memory_of(line), Memory)


@given(st.dictionaries(_names, _json, max_size=5))
def test_no_json_upsets_the_reader(row: dict[str, object]) -> None:
    """Fields with values of any kind are read or refused, and what is read can be sent."""
    try:
        memory = memory_of(json.dumps(row).encode())
    except UnreadableLineError:
        return
    assert Memory.FromString(memory.SerializeToString()) == memory


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"text": "x", "text": "y"}',
        b'{"unknown": 1}',
        b'{"text": "\\ud800"}',
        b'{"text": "x"',
        b"\xff",
        b'{"metadata": ' + b"[" * 5000,
        b'{"metadata": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b'{"createTime": "2024-13-01T00:00:00Z"}',
        b'{"type": "MEMORY_TYPE_OF_TOMORROW"}',
    ],
)
def test_what_is_no_memory_is_refused(line: bytes) -> None:
    """With a reason, and by this error alone."""
    with pytest.raises(UnreadableLineError):
        memory_of(line)


def test_what_json_cannot_spell_is_named() -> None:
    """By the memory that holds it."""
    memory = Memory(id="m1", metadata=Struct(fields={"n": Value(number_value=float("nan"))}))
    with pytest.raises(UnwritableMemoryError, match="m1"):
        line_of(memory)
