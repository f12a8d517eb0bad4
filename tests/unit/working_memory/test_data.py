"""How new data meets old data."""

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

from agent_memory_services.working_memory.domain.session import DataPolicy, combine


def struct(value: dict[str, object]) -> Struct:
    """A struct of plain values."""
    return ParseDict(value, Struct())


OLD = {"a": 1.0, "deep": {"x": 1.0, "y": [1.0, 2.0]}, "text": "old"}
NEW = {"deep": {"y": [3.0], "z": None}, "text": {"now": "an object"}}


@pytest.mark.parametrize(
    ("policy", "result"),
    [
        (DataPolicy.REPLACE, NEW),
        (DataPolicy.MERGE, {"a": 1.0, **NEW}),
        (
            DataPolicy.DEEP_MERGE,
            {"a": 1.0, "deep": {"x": 1.0, "y": [3.0], "z": None}, "text": {"now": "an object"}},
        ),
    ],
)
def test_policies_say_what_stays(policy: DataPolicy, result: dict[str, object]) -> None:
    """Replacing, merging and merging at every depth."""
    old = struct(OLD)
    assert MessageToDict(combine(old, struct(NEW), policy)) == result
    assert old == struct(OLD)


@pytest.mark.parametrize("policy", list(DataPolicy))
def test_new_data_stands_where_there_was_none(policy: DataPolicy) -> None:
    """Without old data every policy sets the new."""
    assert combine(None, struct(NEW), policy) == struct(NEW)
