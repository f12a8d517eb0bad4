"""State that callers set: data and time zone."""

from enum import Enum, auto

from google.protobuf.struct_pb2 import Struct

from agent_memory_services.kit.contract.clock import zone_of
from agent_memory_services.kit.contract.errors import InvalidField


class DataPolicy(Enum):
    """Treatment of fields that both sides have.

    Attributes:
        REPLACE: the new data takes the place of the old.
        MERGE: top-level fields of the new data take the place of their namesakes.
        DEEP_MERGE: objects are merged at every depth; lists and values are replaced.
    """

    REPLACE = auto()
    MERGE = auto()
    DEEP_MERGE = auto()


def combine(old: Struct | None, new: Struct, policy: DataPolicy) -> Struct:
    """Return the merged data; neither argument is changed."""
    result = Struct()
    if old is not None and policy is not DataPolicy.REPLACE:
        result.CopyFrom(old)
    if policy is DataPolicy.DEEP_MERGE:
        _merge(result, new)
    else:
        for name, value in new.fields.items():
            result.fields[name].CopyFrom(value)
    return result


def _merge(target: Struct, source: Struct) -> None:
    for name, value in source.fields.items():
        # Reading a field that is absent would create it.
        both = name in target.fields and value.HasField("struct_value")
        if both and target.fields[name].HasField("struct_value"):
            _merge(target.fields[name].struct_value, value.struct_value)
        else:
            target.fields[name].CopyFrom(value)


def check_time_zone(name: str, field: str) -> None:
    """Refuse a name in which no date could be resolved later.

    Raises:
        InvalidField: it is neither empty nor an IANA zone.
    """
    if zone_of(name) is None:
        raise InvalidField(field, "must be an IANA time zone, such as Europe/Berlin")
