"""From conditions to the filter of the contract."""

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory_client import MemoryTypeEnum, MemoryValidationError, filters
from agent_memory_client.filters import EventDate, compile_filter, conjunction, decompile_filter
from agent_memory_client.models import FilterCriteria
from agent_memory_client.models._criteria import FilterArguments

PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
TEXTS = st.text(PRINTABLE, max_size=8)
TEXT_LISTS = st.lists(TEXTS, min_size=1, max_size=3)
TIMES = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1))  # noqa: DTZ001


def operators(**each: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any choice of operators, at least one."""
    return st.fixed_dictionaries({}, optional=each).filter(bool)


TAGS = operators(
    eq=TEXTS,
    ne=TEXTS,
    prefix=st.text(min_size=1, max_size=4).filter(str.isprintable),
    any=TEXT_LISTS,
    all=TEXT_LISTS,
    none=TEXT_LISTS,
)
BOUNDS = ("eq", "ne", "gt", "gte", "lt", "lte")
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "user_id": TAGS,
        "topics": TAGS,
        "extracted_from": TAGS,
        "created_at": operators(**dict.fromkeys(BOUNDS, TIMES), exists=st.booleans()),
        "access_count": operators(**dict.fromkeys(BOUNDS, st.integers(0, 2**40))),
        "memory_type": operators(any=st.lists(st.sampled_from(MemoryTypeEnum), min_size=1)),
        "pinned": st.booleans(),
        "metadata": st.dictionaries(
            st.sampled_from(["agent", "agent.id", "n"]),
            TAGS
            | operators(**dict.fromkeys(BOUNDS, st.floats(allow_nan=False)))
            | operators(eq=st.booleans(), exists=st.booleans()),
            min_size=1,
        ),
    },
)
FILTERS = st.recursive(
    FIELDS,
    lambda inner: st.builds(
        lambda fields, groups: fields | groups,
        FIELDS,
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(("any_of", "none_of"), st.lists(inner, min_size=1, max_size=2)),
        ),
    ),
    max_leaves=4,
)


@given(FILTERS)
def test_compiling_loses_nothing(conditions: dict[str, Any]) -> None:
    """What is read back compiles to the same filter."""
    compiled = compile_filter(conditions)
    assert compile_filter(decompile_filter(compiled)) == compiled


@given(FIELDS, FIELDS)
def test_a_conjunction_keeps_both_sides(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Each side is there as it was: merged where no field collides, grouped where one does."""
    first, second = compile_filter(one), compile_filter(other)
    both = conjunction(first, second)
    if one.keys() & other.keys():
        assert list(both.any_of) == [second]
        both.ClearField("any_of")
        assert both == first
    else:
        assert both == compile_filter(one | other)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"user_id": "alice"}, {"userId": {"eq": "alice"}}),
        ({"user_id": {"in_": ["a", "b"]}}, {"userId": {"any": ["a", "b"]}}),
        ({"user_id": {"in": ("a",)}}, {"userId": {"any": ["a"]}}),
        ({"user_id": {"not_in": ["a"]}}, {"userId": {"none": ["a"]}}),
        ({"user_id": {"not_eq": "a"}}, {"userId": {"ne": "a"}}),
        ({"namespace": {"startswith": "a/"}}, {"namespace": {"prefix": "a/"}}),
        (
            {"topics": {"all": ["a", "b"], "none": ["c"]}},
            {"topics": {"all": ["a", "b"], "none": ["c"]}},
        ),
        ({"session_id": {"exists": False}}, {"sessionId": {"eq": ""}}),
        ({"session_id": {"exists": True}}, {"sessionId": {"ne": ""}}),
        ({"memory_type": "episodic"}, {"type": {"any": ["MEMORY_TYPE_EPISODIC"]}}),
        (
            {"memory_type": {"ne": MemoryTypeEnum.MESSAGE}},
            {"type": {"none": ["MEMORY_TYPE_MESSAGE"]}},
        ),
        (
            {"extraction_strategy": "summary"},
            {"strategy": {"any": ["EXTRACTION_STRATEGY_SUMMARY"]}},
        ),
        (
            {"metadata": {"agent_id": "chef", "n": {"gte": 5, "ne": 7}, "ok": True}},
            {
                "metadata": [
                    {"path": "agent_id", "text": {"eq": "chef"}},
                    {"path": "n", "number": {"gte": 5.0, "ne": 7.0}},
                    {"path": "ok", "flag": True},
                ]
            },
        ),
        (
            {"metadata": {"agent": {"id": {"in": ["a", "b"]}, "rank": {"any": [1]}}, "x": None}},
            {
                "metadata": [
                    {"path": "agent.id", "text": {"any": ["a", "b"]}},
                    {"path": "agent.rank", "number": {"any": [1.0]}},
                    {"path": "x", "exists": False},
                ]
            },
        ),
        ({"pinned": True}, {"pinned": True}),
        ({"standing": {"ne": True}}, {"standing": False}),
        ({"access_count": {"between": [1, 3]}}, {"accessCount": {"gte": "1", "lte": "3"}}),
        ({"event_date": {"exists": True}}, {"eventTime": {"exists": True}}),
        (
            {"created_at": {"gte": "2024-01-01", "lt": datetime(2025, 1, 1)}},  # noqa: DTZ001
            {"createTime": {"gte": "2024-01-01T00:00:00Z", "lt": "2025-01-01T00:00:00Z"}},
        ),
        (
            {"created_at": {"between": ["2024-01-01", date(2024, 1, 31)]}},
            {"createTime": {"gte": "2024-01-01T00:00:00Z", "lt": "2024-02-01T00:00:00Z"}},
        ),
        (
            {"created_at": {"ne": "2024-01-01", "exists": True}},
            {
                "createTime": {"exists": True},
                "noneOf": [
                    {"createTime": {"gte": "2024-01-01T00:00:00Z", "lt": "2024-01-02T00:00:00Z"}}
                ],
            },
        ),
        (
            {"updated_at": {"between": [0, datetime(1970, 1, 2, tzinfo=UTC)]}},
            {"updateTime": {"gte": "1970-01-01T00:00:00Z", "lte": "1970-01-02T00:00:00Z"}},
        ),
        (
            {"any_of": [{"pinned": True}, {"user_id": "a"}], "none_of": []},
            {"anyOf": [{"pinned": True}, {"userId": {"eq": "a"}}]},
        ),
    ],
)
def test_conditions_become_the_contracts(
    conditions: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Each operator, under each of its names, has its place."""
    assert MessageToDict(compile_filter(conditions)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("2026-11-28", {"gte": "2026-11-27T15:00:00Z", "lt": "2026-11-28T15:00:00Z"}),
        (
            EventDate(eq=date(2026, 11, 28)),
            {"gte": "2026-11-27T15:00:00Z", "lt": "2026-11-28T15:00:00Z"},
        ),
        (EventDate.model_validate({"gt": "2026-11-28"}), {"gte": "2026-11-28T15:00:00Z"}),
        ({"gte": "2026-11-28"}, {"gte": "2026-11-27T15:00:00Z"}),
        ({"lt": "2026-11-28"}, {"lt": "2026-11-27T15:00:00Z"}),
        ({"lte": "2026-11-28"}, {"lt": "2026-11-28T15:00:00Z"}),
        (
            {"eq": "2026-11-28", "gte": "2026-11-28T10:00"},
            {"gte": "2026-11-28T01:00:00Z", "lt": "2026-11-28T15:00:00Z"},
        ),
        ({"gte": "2026-11-28T10:00+01:00"}, {"gte": "2026-11-28T09:00:00Z"}),
    ],
)
def test_days_are_those_of_the_zone(condition: object, expected: dict[str, str]) -> None:
    """A day is from its first moment to the next day's, in groups too; a moment stays."""
    compiled = compile_filter({"event_date": condition}, time_zone="Asia/Tokyo")
    assert MessageToDict(compiled) == {"eventTime": expected}
    grouped = compile_filter({"any_of": [{"event_date": condition}]}, time_zone="Asia/Tokyo")
    assert MessageToDict(grouped) == {"anyOf": [{"eventTime": expected}]}


@pytest.mark.parametrize("day", ["2026-11-28", "2026-11-28T10:00"])
def test_a_zone_that_there_is_not_is_named(day: str) -> None:
    """It is at fault, not the day."""
    with pytest.raises(MemoryValidationError) as raised:
        compile_filter({"event_date": day}, time_zone="Nowhere/City")
    assert [field for field, _ in raised.value.field_violations] == ["time_zone"]


@given(
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["", "Asia/Tokyo", "America/Sao_Paulo", "Europe/Berlin", "Africa/Cairo"]),
)
def test_days_meet_without_a_gap(day: date, zone: str) -> None:
    """What is after a day is what is not before the next, and a day is what both leave."""

    def bounds(condition: object) -> dict[str, str]:
        compiled = compile_filter({"event_date": condition}, time_zone=zone)
        return MessageToDict(compiled)["eventTime"]

    after = day + timedelta(days=1)
    assert bounds({"gt": day}) == bounds({"gte": after})
    assert bounds({"lte": day}) == bounds({"lt": after})
    assert bounds(day) == bounds({"gte": day}) | bounds({"lt": after})


@pytest.mark.parametrize(
    ("conditions", "path"),
    [
        ({"owner": "a"}, "filters.owner"),
        ({"created_at": "2024-02-30"}, "filters.created_at.eq"),
        ({"created_at": {"lte": "9999-12-31"}}, "filters.created_at.lte"),
        ({"user_id": {"equals": "a"}}, "filters.user_id.equals"),
        ({"user_id": {}}, "filters.user_id"),
        ({"user_id": None}, "filters.user_id.eq"),
        ({"user_id": {"eq": None}}, "filters.user_id.eq"),
        ({"user_id": 7}, "filters.user_id.eq"),
        ({"user_id": ["a", "b"]}, "filters.user_id"),
        ({"user_id": {"any": "alice"}}, "filters.user_id.any"),
        ({"user_id": {"any": []}}, "filters.user_id.any"),
        ({"user_id": {"any": ["a", 1]}}, "filters.user_id.any"),
        ({"user_id": {"any": ["a"], "in_": ["b"]}}, "filters.user_id.in_"),
        ({"user_id": {"eq": "a", "exists": False}}, "filters.user_id.exists"),
        ({"created_at": {"gte": "soon"}}, "filters.created_at.gte"),
        ({"created_at": {"between": ["2024-01-01"]}}, "filters.created_at.between"),
        ({"access_count": {"gt": 1.5}}, "filters.access_count.gt"),
        ({"access_count": {"gt": True}}, "filters.access_count.gt"),
        ({"access_count": {"between": [1, 2], "gte": 1}}, "filters.access_count.between"),
        ({"memory_type": "vague"}, "filters.memory_type.any"),
        ({"memory_type": {"eq": "semantic", "any": ["message"]}}, "filters.memory_type"),
        ({"metadata": "x"}, "filters.metadata"),
        ({"metadata": {}}, "filters.metadata"),
        ({"metadata": {"n": {"gt": "x"}}}, "filters.metadata.n.gt"),
        ({"metadata": {"n": {"any": ["x", 1]}}}, "filters.metadata.n.any"),
        ({"metadata": {"n": ["x"]}}, "filters.metadata.n"),
        ({"pinned": "yes"}, "filters.pinned.eq"),
        ({"pinned": {"eq": True, "ne": True}}, "filters.pinned"),
        ({"any_of": []}, "filters.any_of"),
        ({"any_of": {"user_id": "a"}}, "filters.any_of"),
        ({"any_of": ["a"]}, "filters.any_of[0]"),
        ({"none_of": [{"user_id": "a"}, {"owner": "b"}]}, "filters.none_of[1].owner"),
    ],
)
def test_what_is_wrong_is_named(conditions: dict[str, Any], path: str) -> None:
    """Nothing unknown is ignored, and nothing empty widens a search."""
    with pytest.raises(MemoryValidationError) as raised:
        compile_filter(conditions)
    assert [field for field, _ in raised.value.field_violations] == [path]


def test_objects_say_the_same_as_dictionaries() -> None:
    """Every class has operators, and refuses those it does not know."""
    by_object = {
        "user_id": filters.UserId(eq="a"),
        "topics": filters.Topics(all=["x"], not_in=["y"]),
        "created_at": filters.CreatedAt(gte=datetime(2024, 1, 1, tzinfo=UTC)),
        "access_count": filters.AccessCount(gt=3),
        "memory_type": filters.MemoryType(any=["semantic"]),
    }
    by_dictionary = {
        "user_id": {"eq": "a"},
        "topics": {"all": ["x"], "none": ["y"]},
        "created_at": {"gte": "2024-01-01"},
        "access_count": {"gt": 3},
        "memory_type": {"any": ["semantic"]},
    }
    assert compile_filter(by_object) == compile_filter(by_dictionary)
    with pytest.raises(ValueError, match="equals"):
        filters.UserId(equals="a")  # type: ignore[call-arg] # the mistake


def test_enums_of_the_caller_are_texts() -> None:
    """A member of a text enum stands for its value."""

    class Place(StrEnum):
        HOME = "home"

    assert compile_filter({"namespace": Place.HOME}) == compile_filter({"namespace": "home"})


def test_every_field_of_the_contract_has_a_name() -> None:
    """Nothing the services can filter by is out of reach."""
    reached = {kind.field for kind in filters.FIELDS.values()} | {"any_of", "none_of"}
    assert reached == set(MemoryFilter.DESCRIPTOR.fields_by_name)


def test_every_field_is_declared_once() -> None:
    """From its class come the keyword arguments, the model, the exports and the table."""
    rows = re.split(r"=+ +=+\n", filters.__doc__ or "")[2]
    told: dict[str, list[str]] = {}
    operators: list[str] = []
    for row in rows.splitlines():
        if row.startswith(" "):
            operators += row.strip().split(", ")
            continue
        begun = re.match(r"(\S.*?)  +(\S.*)$", row)
        if begun:
            operators = begun[2].rstrip(",").split(", ")
        for name in re.findall(r"\w+", begun[1] if begun else row):
            told[name] = operators
    del told["any_of"], told["none_of"]
    assert told == {name: list(kind.known) for name, kind in filters.FIELDS.items()}
    assert set(FilterArguments.__annotations__) == {"filters", "time_zone", *filters.FIELDS}
    assert set(FilterCriteria.model_fields) == {"filters", "time_zone", *filters.FIELDS}
    assert {kind.__name__ for kind in filters.FIELDS.values()} < set(filters.__all__)
