"""Update masks."""

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import EventTime, Memory, TimePrecision, Validity
from agent_memory_services.kit.contract.errors import InvalidFieldMask
from agent_memory_services.kit.contract.messages import apply_mask

ALLOWED = frozenset({"text", "topics", "pinned", "metadata", "event_time", "validity.invalid_from"})
TOP = sorted({path.split(".")[0] for path in ALLOWED})


def _struct(values: dict[str, Any]) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct


_MEMORIES = st.builds(
    Memory,
    id=st.sampled_from(["a", "b"]),
    text=st.sampled_from(["", "x", "y"]),
    topics=st.lists(st.sampled_from(["t", "u"]), max_size=3),
    pinned=st.booleans(),
    metadata=st.none() | st.dictionaries(st.sampled_from("kl"), st.integers(0, 2)).map(_struct),
    event_time=st.none() | st.just({"precision": 2}) | st.just({}),
    validity=st.none()
    | st.builds(
        Validity,
        reason=st.sampled_from(["", "r"]),
        invalid_from=st.none() | st.just(Timestamp(seconds=5)) | st.just(Timestamp()),
    ),
)


@given(_MEMORIES, _MEMORIES, st.lists(st.sampled_from(sorted(ALLOWED)), min_size=1, max_size=4))
def test_named_fields_take_the_sources_value_and_no_other_does(
    target: Memory, source: Memory, paths: list[str]
) -> None:
    """Lists and maps are replaced, unset fields cleared, everything else untouched."""
    before = Memory.FromString(target.SerializeToString())
    changed = apply_mask(target, source, paths, ALLOWED)
    expected = Memory.FromString(before.SerializeToString())
    for path in paths:
        if path == "validity.invalid_from":
            if source.validity.HasField("invalid_from"):
                expected.validity.invalid_from.CopyFrom(source.validity.invalid_from)
            elif expected.HasField("validity"):
                expected.validity.ClearField("invalid_from")
        else:
            expected.ClearField(path)  # type: ignore[arg-type] # a variable name
            only = Memory()
            only.CopyFrom(source)
            for field in Memory.DESCRIPTOR.fields:
                if field.name != path:
                    only.ClearField(field.name)  # type: ignore[arg-type] # a variable name
            expected.MergeFrom(only)
    assert target == expected
    differing = {name for name in TOP if _field(before, name) != _field(target, name)}
    assert set(changed) == differing


@given(_MEMORIES, _MEMORIES)
def test_the_star_names_every_allowed_field(target: Memory, source: Memory) -> None:
    """`*` is a full replacement of what may be changed."""
    explicit = Memory.FromString(target.SerializeToString())
    assert set(apply_mask(target, source, ["*"], ALLOWED)) == set(
        apply_mask(explicit, source, sorted(ALLOWED), ALLOWED)
    )
    assert target == explicit


@given(_MEMORIES, _MEMORIES)
def test_no_mask_names_what_is_set(target: Memory, source: Memory) -> None:
    """Without a mask nothing is cleared."""
    before = Memory.FromString(target.SerializeToString())
    apply_mask(target, source, [], ALLOWED)
    assert target.text == (source.text or before.text)
    assert list(target.topics) == list(source.topics or before.topics)
    assert target.pinned == (source.pinned or before.pinned)
    assert target.id == before.id


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "",
        "id",
        "validity.reason",
        "validity",
        "topics.0",
        "metadata.fields.k",
        "text.length",
        "validity.nothing",
    ],
)
def test_unknown_and_read_only_paths_are_refused(path: str) -> None:
    """The refusal names the path, and the target stays as it was."""
    target = Memory(text="old")
    allowed = ALLOWED - {"metadata"}
    with pytest.raises(InvalidFieldMask) as refused:
        apply_mask(target, Memory(text="new"), ["text", path], allowed)
    assert refused.value.metadata == {"path": path}
    assert target == Memory(text="old")


def test_the_star_stands_alone() -> None:
    """A star beside other paths is a mistake."""
    with pytest.raises(InvalidFieldMask):
        apply_mask(Memory(), Memory(), ["*", "text"], ALLOWED)


def test_a_path_below_an_allowed_field_is_allowed() -> None:
    """Part of an allowed message can be changed, and brings the message to life."""
    target, source = (
        Memory(),
        Memory(
            event_time=EventTime(
                start=Timestamp(seconds=7), precision=TimePrecision.TIME_PRECISION_DAY
            )
        ),
    )
    assert apply_mask(target, source, ["event_time.start"], ALLOWED) == ("event_time",)
    assert target == Memory(event_time=EventTime(start=Timestamp(seconds=7)))


def test_clearing_below_an_absent_message_leaves_it_absent() -> None:
    """Nothing to clear is no change."""
    target = Memory(text="x")
    assert apply_mask(target, Memory(), ["validity.invalid_from"], ALLOWED) == ()
    assert target == Memory(text="x")


def _field(memory: Memory, name: str) -> bytes:
    only = Memory()
    only.CopyFrom(memory)
    for field in Memory.DESCRIPTOR.fields:
        if field.name != name:
            only.ClearField(field.name)  # type: ignore[arg-type] # a variable name
    return only.SerializeToString(deterministic=True)
