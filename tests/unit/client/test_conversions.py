"""Models to messages and back."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from google.protobuf import descriptor
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1 import memory_pb2, message_pb2
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_client import MemoryValidationError
from agent_memory_client._operations.messages import from_message, to_messages
from agent_memory_client._operations.records import from_memory, to_memory
from agent_memory_client._operations.sessions import from_working_memory, to_working_memory
from agent_memory_client._values import from_struct, to_struct
from agent_memory_client.models import (
    Claim,
    ClaimModality,
    MemoryMessage,
    MemoryRecord,
    MemoryStrategyConfig,
    MemoryTypeEnum,
    Provenance,
    Quantity,
    StrategyOptions,
    TimePrecision,
    ToolCall,
    Validity,
    WorkingMemory,
)
from tests.support.contracts import descriptor_of

MessageT = TypeVar("MessageT", bound=Message)
TEXTS = st.text(min_size=1, max_size=12)
OPTIONAL = st.none() | TEXTS
TIMES = st.none() | st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TAGS = st.lists(TEXTS, max_size=3)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(max_size=5), JSON, max_size=3)
VALIDITY = st.builds(Validity, valid_from=TIMES, invalid_from=TIMES)
PROVENANCE = st.builds(
    Provenance,
    session_uid=OPTIONAL,
    message_ids=TAGS,
    strategy=st.sampled_from([None, "discrete", "summary", "preferences", "custom"]),
    extractor=OPTIONAL,
    extractor_version=OPTIONAL,
    memory_ids=TAGS,
)
NUMBERS = st.builds(Quantity, value=TEXTS, unit=TEXTS | st.just(""))
CLAIMS = st.builds(
    Claim,
    holder=TEXTS,
    relation=TEXTS,
    value=TEXTS,
    modality=st.sampled_from(ClaimModality),
    quantities=st.lists(NUMBERS, max_size=2),
    limits=st.lists(TEXTS, max_size=2),
    negated=st.booleans(),
    single=st.booleans(),
    ended=st.booleans(),
)
RECORDS = st.builds(
    MemoryRecord,
    text=TEXTS,
    memory_type=st.sampled_from(MemoryTypeEnum),
    topics=TAGS,
    entities=TAGS,
    user_id=OPTIONAL,
    session_id=OPTIONAL,
    namespace=OPTIONAL,
    event_time_zone=st.sampled_from([None, "Asia/Tokyo", "America/New_York"]),
    event_date=TIMES.filter(bool),
    event_precision=st.sampled_from(TimePrecision),
    metadata=OBJECTS,
    pinned=st.booleans(),
    standing=st.booleans(),
    context=OPTIONAL,
    slot=OPTIONAL,
    claims=st.lists(CLAIMS, max_size=2),
    provenance=st.none() | PROVENANCE,
    validity=st.none() | VALIDITY,
    expires_at=TIMES,
    created_at=TIMES,
)
MESSAGES = st.builds(
    MemoryMessage,
    role=TEXTS,
    content=TEXTS,
    id=OPTIONAL,
    name=OPTIONAL,
    tool_calls=st.lists(st.builds(ToolCall, id=TEXTS, name=TEXTS, arguments=TEXTS), max_size=2),
    tool_call_id=OPTIONAL,
    created_at=TIMES,
    recalled=st.booleans(),
)


@given(RECORDS)
def test_a_record_survives_the_wire(record: MemoryRecord) -> None:
    """Every field that a caller may set comes back as it was."""
    assert from_memory(to_memory(record)) == record


@given(MESSAGES)
def test_a_message_survives_the_wire(message: MemoryMessage) -> None:
    """As a model and as a dictionary."""
    (sent,) = to_messages([message])
    (same,) = to_messages([message.model_dump()])
    assert from_message(sent) == message
    assert sent == same


def test_a_message_that_says_nothing_is_left_out() -> None:
    """The answer of a model that only called tools, stored by an application as it came."""
    call = {"id": "c", "name": "f"}
    sent = to_messages(
        [
            {"role": "assistant", "content": None},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ]
    )
    assert [len(message.tool_calls) for message in sent] == [1]


@given(st.lists(MESSAGES, max_size=3), st.lists(RECORDS, max_size=2), OBJECTS, st.data())
def test_a_session_survives_the_wire(
    messages: list[MemoryMessage],
    memories: list[MemoryRecord],
    data: dict[str, Any],
    draw: st.DataObject,
) -> None:
    """Messages, memories, data and settings come back as they were."""
    session = WorkingMemory(
        session_id="s",
        messages=messages,
        memories=memories,
        data=data,
        context=draw.draw(OPTIONAL),
        ttl_seconds=draw.draw(st.none() | st.integers(1, 10**6)),
        time_zone=draw.draw(OPTIONAL),
        long_term_memory_strategy=MemoryStrategyConfig(
            strategy="custom", config=StrategyOptions(custom_prompt="x")
        ),
    )
    sent = to_working_memory(session, session_id="s", namespace="", user_id="")
    assert from_working_memory(sent) == session


@given(OBJECTS)
def test_json_survives_the_wire(value: dict[str, Any]) -> None:
    """Numbers keep their value, and null is not absence."""
    assert from_struct(to_struct(value, "data")) == value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": {"b": object()}}, "data.a.b"),
        ({"a": [1, {2}]}, "data.a[1]"),
        ({"a": float("nan")}, "data.a"),
        ({"a": 2**53 + 1}, "data.a"),
        ({"a": b"bytes"}, "data.a"),
    ],
)
def test_what_json_cannot_hold_is_named(value: dict[str, Any], path: str) -> None:
    """Nothing is rounded or dropped in silence."""
    with pytest.raises(MemoryValidationError) as raised:
        to_struct(value, "data")
    assert raised.value.field_violations[0].field == path


def test_every_field_of_a_memory_is_read() -> None:
    """A memory with every field set leaves no field of the record at its default."""
    record = from_memory(filled(memory_pb2.Memory()))
    defaults = MemoryRecord(text="").model_dump()
    unread = [name for name, value in record.model_dump().items() if value == defaults[name]]
    assert unread == []


def test_every_field_of_a_session_is_read() -> None:
    """The same for a session and for a message."""
    session = from_working_memory(filled(working_memory_pb2.WorkingMemory()))
    sent = filled(message_pb2.Message())
    sent.original = "{}"
    message = from_message(sent)
    for model, empty in ((session, WorkingMemory()), (message, MemoryMessage(role=""))):
        defaults = empty.model_dump()
        unread = [name for name, value in model.model_dump().items() if value == defaults[name]]
        assert unread == []


def test_what_the_server_sets_is_not_sent() -> None:
    """A record that was read can be stored elsewhere without its old counters."""
    sent = to_memory(from_memory(filled(memory_pb2.Memory())))
    assert not sent.etag
    assert not sent.access_count
    assert not sent.HasField("update_time")
    assert sent.HasField("create_time")


def test_defaults_fill_what_a_record_leaves_out() -> None:
    """None is left out; the empty text is an answer."""
    left_out = to_memory(MemoryRecord(text="a"), namespace="n", user_id="u")
    given_empty = to_memory(
        MemoryRecord(text="a", namespace="", user_id=""), namespace="n", user_id="u"
    )
    assert (left_out.namespace, left_out.user_id) == ("n", "u")
    assert (given_empty.namespace, given_empty.user_id) == ("", "")


def filled(message: MessageT) -> MessageT:
    """A message with something in every field, at every depth."""
    for field in descriptor_of(message).fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(message, field.name)["key"].string_value = "value"
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            filled(inner.add() if field.is_repeated else inner)
            if not field.is_repeated:
                inner.SetInParent()
        elif field.is_repeated:
            getattr(message, field.name).append(_something(field))
        else:
            setattr(message, field.name, _something(field))
    return message


def _something(field: descriptor.FieldDescriptor) -> object:
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    if field.type == field.TYPE_BYTES:
        return b"x"
    return {"string": "x", "bool": True}.get(_KINDS.get(field.cpp_type, ""), 3)


_KINDS = {
    descriptor.FieldDescriptor.CPPTYPE_STRING: "string",
    descriptor.FieldDescriptor.CPPTYPE_BOOL: "bool",
}
