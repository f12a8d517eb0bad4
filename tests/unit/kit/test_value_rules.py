"""Values that mean nothing, found by the descriptors."""

import math
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1 import message_pb2
from agent_memory.common.v1.filter_pb2 import (
    MemoryFilter,
    MetadataFilter,
    MetadataNumberFilter,
    NumberFilter,
    StrategyFilter,
    TagFilter,
    TimeFilter,
    TypeFilter,
)
from agent_memory.extraction.v1.extraction_pb2 import SummaryView
from agent_memory.extraction.v1.service_pb2 import CreateSummaryViewRequest
from agent_memory.working_memory.v1.service_pb2 import AppendMessagesRequest
from agent_memory_services.kit.contract.errors import FieldViolation
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.rules import ValueRules
from tests.support.contracts import POLICIES
from tests.support.odd_values import EXTREME, MEANINGLESS, filled, places

RULES = ValueRules()


@pytest.mark.no_cover  # thousands of fields through the lines of the others
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.method)
def test_every_field_is_found_wherever_it_stands(policy: MethodPolicy) -> None:
    """In types that contain themselves too; the first and the last value mean something."""
    found = places(policy.request_type, nested=2)
    for place, request in filled(found, MEANINGLESS):
        assert [broken.field for broken in RULES.violations(request)] == [place.path]
    for _, request in filled(found, EXTREME):
        assert not RULES.violations(request)


def _metadata(**conditions: Any) -> MemoryFilter:
    asked = MetadataFilter(path="b", **conditions)
    return MemoryFilter(metadata=[MetadataFilter(path="a"), asked])


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (MemoryFilter(user_id=TagFilter()), "user_id"),
        (MemoryFilter(user_id=TagFilter(any=[]), topics=TagFilter(eq="food")), "user_id"),
        (MemoryFilter(type=TypeFilter()), "type"),
        (MemoryFilter(strategy=StrategyFilter()), "strategy"),
        (MemoryFilter(event_time=TimeFilter()), "event_time"),
        (MemoryFilter(access_count=NumberFilter()), "access_count"),
        (_metadata(text=TagFilter()), "metadata[1].text"),
        (_metadata(number=MetadataNumberFilter()), "metadata[1].number"),
        (MemoryFilter(none_of=[MemoryFilter(id=TagFilter())]), "none_of[0].id"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_filter_on_a_field_without_a_condition_is_found(given: MemoryFilter, path: str) -> None:
    """Whoever left a value out by mistake would get the memories of everybody."""
    request = CreateSummaryViewRequest(summary_view=SummaryView(filter=given))
    assert RULES.violations(request) == [
        FieldViolation(f"summary_view.filter.{path}", "holds no condition")
    ]


def test_every_fault_is_told() -> None:
    """Each by its path, in order."""
    never, some = Timestamp(nanos=-1), Timestamp(seconds=1)
    request = AppendMessagesRequest(
        messages=[
            message_pb2.Message(create_time=never),
            message_pb2.Message(create_time=some),
            message_pb2.Message(),
            message_pb2.Message(create_time=never),
        ]
    )
    assert [broken.field for broken in RULES.violations(request)] == [
        "messages[0].create_time",
        "messages[3].create_time",
    ]


def test_types_that_contain_themselves_are_followed_to_the_end() -> None:
    """However deep the message is."""
    given = deepest = MemoryFilter()
    for _ in range(25):
        deepest = deepest.any_of.add()
    deepest.create_time.gt.nanos = 10**9
    assert RULES.violations(given) == [
        FieldViolation(
            "any_of[0]." * 25 + "create_time.gt", "must be a time of the years 1 to 9999"
        )
    ]


def test_a_field_that_no_contract_has_yet_is_covered() -> None:
    """Numbers of both sizes, in lists and maps: nothing is named but the descriptors."""
    kind = _with_fields()
    message = kind(small=math.nan, several=[1.0, math.inf], keyed={3: -math.inf, 4: 0.0})
    assert {broken.field for broken in RULES.violations(message)} == {
        "small",
        "several[1]",
        "keyed[3]",
    }
    assert not RULES.violations(kind(small=1.5, several=[0.0], keyed={1: 2.0}))


def _with_fields() -> type[Message]:
    field = FieldDescriptorProto
    file = FileDescriptorProto(name="odd.proto", package="odd", syntax="proto3")
    kind = file.message_type.add(name="Odd")
    kind.field.add(name="small", number=1, type=field.TYPE_FLOAT, label=field.LABEL_OPTIONAL)
    kind.field.add(name="several", number=2, type=field.TYPE_DOUBLE, label=field.LABEL_REPEATED)
    kind.field.add(
        name="keyed",
        number=3,
        type=field.TYPE_MESSAGE,
        type_name=".odd.Odd.KeyedEntry",
        label=field.LABEL_REPEATED,
    )
    entry = kind.nested_type.add(name="KeyedEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=field.TYPE_DOUBLE, label=field.LABEL_OPTIONAL)
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("odd.Odd"))
