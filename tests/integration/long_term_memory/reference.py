"""What filters mean, said once more in plain Python, to hold the engine against."""

from collections.abc import Callable, Iterable, Sequence

from google.protobuf.struct_pb2 import Struct, Value

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
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_micros


def matches(given: MemoryFilter, memory: Memory) -> bool:
    """Whether a memory meets every condition of a filter."""
    own = all(
        _CHECKS[field.name](value, memory)
        for field, value in given.ListFields()
        if field.name in _CHECKS
    )
    any_of = not given.any_of or any(matches(part, memory) for part in given.any_of)
    return own and any_of and not any(matches(part, memory) for part in given.none_of)


def is_visible(memory: Memory, at: int, *, superseded: bool) -> bool:
    """Whether a reader sees a memory at a moment without asking for more."""
    validity = memory.validity
    begun = not validity.HasField("valid_from") or to_micros(validity.valid_from) <= at
    ended = validity.HasField("invalid_from") and to_micros(validity.invalid_from) <= at
    expired = memory.HasField("expire_time") and to_micros(memory.expire_time) <= at
    hidden = memory.merged_into or memory.HasField("archive_time")
    return begun and (superseded or not ended) and not expired and not hidden


def _tag(given: TagFilter, values: Sequence[str]) -> bool:
    held = set(values) or {""}
    return (
        (not given.HasField("eq") or given.eq in held)
        and (not given.HasField("ne") or given.ne not in held)
        and (not given.any or not held.isdisjoint(given.any))
        and held.issuperset(given.all)
        and held.isdisjoint(given.none)
        and (not given.HasField("prefix") or any(v.startswith(given.prefix) for v in held))
    )


def _choice(given: TypeFilter | StrategyFilter, value: int) -> bool:
    return (not given.any or value in given.any) and value not in given.none


def _number(given: NumberFilter, value: int) -> bool:
    return all(_COMPARISONS[field.name](value, bound) for field, bound in given.ListFields())


def _time(given: TimeFilter, value: int | None) -> bool:
    for field, bound in given.ListFields():
        if field.name == "exists":
            if bound != (value is not None):
                return False
        elif value is None:
            if field.name != "ne":
                return False
        elif not _COMPARISONS[field.name](value, to_micros(bound)):
            return False
    return not (given.HasField("exists") and given.exists != (value is not None))


def _one(value: str) -> Iterable[str]:
    return [value] if value else []


def _metadata(given: Iterable[MetadataFilter], memory: Memory) -> bool:
    return all(_at_path(each, _values_at(memory.metadata, each.path.split("."))) for each in given)


def _values_at(held: Struct, path: Sequence[str]) -> list[Value]:
    """Every value at a path, lists and objects gone through."""
    waiting = [held.fields[path[0]]] if path[0] in held.fields else []
    found: list[Value] = []
    for value in waiting:
        waiting.extend(value.list_value.values)
        if len(path) == 1:
            found.append(value)
        elif value.HasField("struct_value"):
            found += _values_at(value.struct_value, path[1:])
    return [value for value in found if value.WhichOneof("kind") not in (None, "null_value")]


def _at_path(given: MetadataFilter, values: Sequence[Value]) -> bool:
    flags = [value.bool_value for value in values if value.HasField("bool_value")]
    texts = [value.string_value for value in values if value.HasField("string_value")]
    numbers = [value.number_value for value in values if value.HasField("number_value")]
    return (
        (not given.HasField("exists") or given.exists == bool(values))
        and (len(given.ListFields()) > 1 or bool(values))
        and (not given.HasField("flag") or given.flag in flags)
        and (not given.HasField("not_flag") or given.not_flag not in flags)
        and _texts(given.text, texts)
        and _numbers(given.number, numbers)
    )


def _texts(given: TagFilter, texts: Sequence[str]) -> bool:
    return (
        (not given.HasField("eq") or given.eq in texts)
        and (not given.HasField("ne") or given.ne not in texts)
        and (not given.any or not set(texts).isdisjoint(given.any))
        and set(texts).issuperset(given.all)
        and set(texts).isdisjoint(given.none)
        and (not given.HasField("prefix") or any(t.startswith(given.prefix) for t in texts))
    )


def _numbers(given: MetadataNumberFilter, numbers: Sequence[float]) -> bool:
    bounds = [
        (_COMPARISONS[name], getattr(given, name))
        for name in ("gt", "gte", "lt", "lte")
        if given.HasField(name)
    ]
    return (
        (not given.HasField("eq") or given.eq in numbers)
        and (not given.HasField("ne") or given.ne not in numbers)
        and (not given.any or not set(numbers).isdisjoint(given.any))
        and set(numbers).isdisjoint(given.none)
        and (not bounds or any(all(c(n, bound) for c, bound in bounds) for n in numbers))
    )


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "eq": lambda value, bound: value == bound,
    "ne": lambda value, bound: value != bound,
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def _optional(memory: Memory, name: str) -> int | None:
    return to_micros(getattr(memory, name)) if memory.HasField(name) else None  # type: ignore[arg-type]


def _event(memory: Memory) -> int | None:
    return to_micros(memory.event_time.start) if memory.HasField("event_time") else None


_CHECKS: dict[str, Callable[..., bool]] = {
    "id": lambda given, memory: _tag(given, [memory.id]),
    "namespace": lambda given, memory: _tag(given, list(_one(memory.namespace))),
    "user_id": lambda given, memory: _tag(given, list(_one(memory.user_id))),
    "session_id": lambda given, memory: _tag(given, list(_one(memory.session_id))),
    "type": lambda given, memory: _choice(given, memory.type),
    "topics": lambda given, memory: _tag(given, memory.topics),
    "entities": lambda given, memory: _tag(given, memory.entities),
    "create_time": lambda given, memory: _time(given, _optional(memory, "create_time")),
    "update_time": lambda given, memory: _time(given, _optional(memory, "update_time")),
    "last_access_time": lambda given, memory: _time(given, _optional(memory, "last_access_time")),
    "event_time": lambda given, memory: _time(given, _event(memory)),
    "access_count": lambda given, memory: _number(given, memory.access_count),
    "pinned": lambda given, memory: memory.pinned == given,
    "standing": lambda given, memory: memory.standing == given,
    "strategy": lambda given, memory: _choice(given, memory.provenance.strategy),
    "extractor": lambda given, memory: _tag(given, list(_one(memory.provenance.extractor))),
    "source_message_ids": lambda given, memory: _tag(given, memory.provenance.message_ids),
    "slot": lambda given, memory: _tag(given, list(_one(memory.slot))),
    "metadata": _metadata,
}
