"""Compiling filters."""

import re

import pytest

from agent_memory.common.v1.filter_pb2 import (
    MemoryFilter,
    MetadataFilter,
    NumberFilter,
    TagFilter,
)
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.long_term_memory.domain.conditions import (
    ALWAYS,
    MAX_DEPTH,
    NEVER,
    AllOf,
    Node,
    Range,
    Tag,
    compile_filter,
)
from agent_memory_services.long_term_memory.domain.fields import FILTERED, METADATA, Kind
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.documents import document

KINDS = {
    "TagFilter": Kind.TAG,
    "TypeFilter": Kind.CHOICE,
    "StrategyFilter": Kind.CHOICE,
    "TimeFilter": Kind.TIME,
    "NumberFilter": Kind.NUMBER,
    "MetadataFilter": Kind.METADATA,
}


def test_every_field_of_the_contract_is_declared_once() -> None:
    """No condition of a caller is passed over in silence, or read as one of another kind."""
    contract = {
        field.name: KINDS[field.message_type.name] if field.message_type else Kind.FLAG
        for field in MemoryFilter.DESCRIPTOR.fields
        if field.name not in {"any_of", "none_of"}
    }
    assert {name: field.kind for name, field in FILTERED.items()} == contract
    assert len({field.name for field in FILTERED.values()}) == len(FILTERED)


def test_an_empty_filter_matches_all() -> None:
    """No condition at all, also as a group, holds for everything."""
    assert compile_filter(MemoryFilter(), "filter") == ALWAYS
    assert compile_filter(MemoryFilter(any_of=[MemoryFilter()]), "filter") == ALWAYS
    assert compile_filter(MemoryFilter(none_of=[MemoryFilter()]), "filter") == NEVER


def test_a_beginning_of_a_text_meets_nothing_of_another_tenant() -> None:
    """The engine visits every text that begins so, and would keep one waiting for another's."""
    memory = Memory(text="x")
    memory.metadata.update({"order": {"id": ["ord-1", "ord-2"]}})
    held = _values_of(memory, "one")
    asked = _metadata_of("order.id", prefix="ord-")
    prefixes = {
        tenant: str(Scope(tenant).select(asked).condition) for tenant in ("one", "other", "")
    }
    for tenant, spelled in prefixes.items():
        [start] = re.findall(r"@metadata:{(\w+)\*}", spelled)
        assert sum(each.startswith(start) for each in held) == 2 * (tenant == "one")


def _values_of(memory: Memory, tenant: str) -> list[str]:
    return str(document(tenant, memory, None)[METADATA]).split(",")


def _metadata_of(path: str, **text: str) -> Node:
    given = MemoryFilter(metadata=[MetadataFilter(path=path, text=TagFilter(**text))])
    return compile_filter(given, "filter")


def test_all_bounds_count() -> None:
    """Every bound of a range takes part, the tightest on each side."""
    given = MemoryFilter(access_count=NumberFilter(gt=2, gte=1, lt=9, lte=20))
    assert compile_filter(given, "filter") == Range("access_count", 3, 8)
    contradiction = MemoryFilter(access_count=NumberFilter(eq=3, gt=3))
    assert compile_filter(contradiction, "filter") == NEVER


def test_conditions_of_one_field_are_joined_by_and() -> None:
    """Several operators of one field must all hold."""
    given = MemoryFilter(topics=TagFilter(eq="a", all=["b", "c"], any=["d", "e"]))
    assert compile_filter(given, "filter") == AllOf(
        (
            Tag("topics", ("a",)),
            Tag("topics", ("d", "e")),
            Tag("topics", ("b",)),
            Tag("topics", ("c",)),
        )
    )


def nested(levels: int) -> MemoryFilter:
    """Groups in groups, alternating between the two kinds."""
    inner = MemoryFilter(pinned=True)
    for level in range(levels):
        both = [MemoryFilter(), inner]
        inner = MemoryFilter(none_of=both) if level % 2 else MemoryFilter(any_of=both)
    return inner


def test_groups_nest_up_to_the_limit() -> None:
    """Eight levels are compiled; the ninth is refused at its place in the request."""
    compile_filter(nested(MAX_DEPTH), "filter")
    with pytest.raises(InvalidField) as refused:
        compile_filter(nested(MAX_DEPTH + 1), "query.filter")
    path = "query.filter" + ".any_of[1].none_of[1]" * 4 + ".any_of"
    assert refused.value.violations[0].field == path
