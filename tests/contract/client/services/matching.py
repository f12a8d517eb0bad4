"""Which memories a filter of the contract matches."""

from collections.abc import Iterable, Iterator

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter, TimeFilter
from agent_memory.common.v1.memory_pb2 import Memory


def matches(memory_filter: MemoryFilter, memory: Memory) -> bool:
    """Whether every condition holds."""
    return all(_conditions(memory_filter, memory))


def _conditions(wanted: MemoryFilter, memory: Memory) -> Iterator[bool]:
    tags = {
        "id": [memory.id],
        "namespace": [memory.namespace],
        "user_id": [memory.user_id],
        "session_id": [memory.session_id],
        "topics": memory.topics,
        "entities": memory.entities,
    }
    for name, values in tags.items():
        if wanted.HasField(name):  # type: ignore[arg-type] # a variable name
            yield _tag(getattr(wanted, name), values)
    if wanted.type.any:
        yield memory.type in wanted.type.any
    yield memory.type not in wanted.type.none
    if wanted.HasField("create_time"):
        yield _time(wanted.create_time, memory)
    if wanted.HasField("pinned"):
        yield memory.pinned == wanted.pinned
    if wanted.any_of:
        yield any(matches(group, memory) for group in wanted.any_of)
    yield not any(matches(group, memory) for group in wanted.none_of)


def _tag(wanted: TagFilter, given: Iterable[str]) -> bool:
    values = set(given) or {""}
    return (
        (not wanted.HasField("eq") or wanted.eq in values)
        and (not wanted.HasField("ne") or wanted.ne not in values)
        and (not wanted.any or bool(values & set(wanted.any)))
        and values >= set(wanted.all)
        and not values & set(wanted.none)
        and (not wanted.prefix or any(value.startswith(wanted.prefix) for value in values))
    )


def _time(wanted: TimeFilter, memory: Memory) -> bool:
    moment = memory.create_time.ToNanoseconds()
    return (not wanted.HasField("gte") or moment >= wanted.gte.ToNanoseconds()) and (
        not wanted.HasField("lt") or moment < wanted.lt.ToNanoseconds()
    )
