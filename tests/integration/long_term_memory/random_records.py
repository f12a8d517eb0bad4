"""Memories and filters at random, from values so few that they often meet."""

from collections.abc import Iterable
from itertools import combinations

from google.protobuf.message import Message
from hypothesis import strategies as st

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
from agent_memory.common.v1.memory_pb2 import EventTime, Memory, Provenance, Validity
from agent_memory_services.kit.contract.clock import to_timestamp

# Values that a careless query would read as syntax, as each other, or as nothing.
_VALUES = (
    *("a", "A", "ab", "b", "a b", "a,b", "a|b", "{a}", "a*", "*", '"a"', "a:b", "-a", "@a", "$a"),
    *("_", "__", "_61", "é", "É", "e\u0301", "😀", "\\", " ", "(", "1", "-1", "inf", "1e3", "~a"),
)
# The first values are drawn most, so that what records hold and what filters ask for often meet.
# A choice among many costs one draw, a choice among choices costs several.
_COMMON = ("a", "A", "ab", "a,b") * 15
_MOMENT = 1_760_000_000_000_000
_LAST_EXACT = 2**53

values = st.sampled_from(_COMMON + _VALUES)
maybe_values = st.sampled_from(_COMMON + _VALUES + ("",) * 30)
value_lists = st.lists(values, max_size=3)
numbers = st.integers(-1, 3)
times = st.sampled_from(
    [
        *range(_MOMENT - 2, _MOMENT + 3),
        *(1 - _LAST_EXACT, 0, _LAST_EXACT - 1),
        *range(_LAST_EXACT - 3, _LAST_EXACT),
    ]
).map(to_timestamp)
kinds = st.integers(1, 3)
strategies = st.integers(0, 5)


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """A value, or None where the field stays unset."""
    return st.one_of(st.none(), strategy)


provenances = st.builds(
    Provenance, strategy=strategies, extractor=maybe_values, message_ids=value_lists
)
validities = st.builds(
    Validity, valid_from=_maybe(times), invalid_from=_maybe(times), superseded_by=maybe_values
)
_paths = st.sampled_from(["a", "b", "a.b", "b.a"])
_decimals = st.sampled_from([-2.5, -1.0, -0.0, 0.0, 0.1, 1.0, 2.0, 5e-324, 1e300])
_scalars = st.one_of(st.none(), st.booleans(), values, maybe_values, _decimals)
_objects = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.recursive(
        _scalars,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
        ),
        max_leaves=4,
    ),
    max_size=2,
)
memories = st.builds(
    Memory,
    metadata=_objects,
    text=st.just("x"),
    type=kinds,
    namespace=maybe_values,
    user_id=maybe_values,
    session_id=maybe_values,
    topics=value_lists,
    entities=value_lists,
    event_time=_maybe(st.builds(EventTime, start=times)),
    pinned=st.booleans(),
    standing=st.booleans(),
    provenance=provenances,
    validity=_maybe(validities),
    expire_time=_maybe(times),
    slot=maybe_values,
    create_time=times,
    update_time=times,
    merged_into=st.sampled_from(["", "", "", "other"]),
    archive_time=_maybe(times),
)


def _at_least_one(
    kind: type[Message], **fields: st.SearchStrategy[object]
) -> st.SearchStrategy[object]:
    """A condition with one or two of the fields set."""
    names = _one_or_two(fields)

    @st.composite
    def chosen(draw: st.DrawFn) -> Message:
        return kind(**{name: draw(fields[name]) for name in draw(names)})

    return chosen()


def _one_or_two(names: Iterable[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw one name, or as often two different ones."""
    every = sorted(names)
    pairs = list(combinations(every, 2))
    alone = [(name,) for name in every] * max(1, len(pairs) // len(every))
    return st.sampled_from([*alone, *pairs])


_some_values = st.lists(maybe_values, min_size=1, max_size=6)
tags = _at_least_one(
    TagFilter,
    eq=maybe_values,
    ne=maybe_values,
    any=_some_values,
    all=st.lists(values, min_size=1, max_size=2),
    none=_some_values,
    prefix=values,
)
_bounds = ("eq", "ne", "gt", "gte", "lt", "lte")
time_filters = _at_least_one(TimeFilter, exists=st.booleans(), **dict.fromkeys(_bounds, times))
number_filters = _at_least_one(NumberFilter, **dict.fromkeys(_bounds, numbers))
_some_kinds = st.lists(kinds, min_size=1, max_size=2)
type_filters = _at_least_one(TypeFilter, any=_some_kinds, none=_some_kinds)
_some_strategies = st.lists(st.integers(1, 5), min_size=1, max_size=3)
strategy_filters = _at_least_one(StrategyFilter, any=_some_strategies, none=_some_strategies)
_some_numbers = st.lists(_decimals, min_size=1, max_size=2)
metadata_filters = st.lists(
    st.builds(
        lambda path, rest: MetadataFilter(path=path, **rest),
        _paths,
        st.sampled_from(["exists", "flag", "not_flag", "text", "number"]).flatmap(
            lambda name: st.fixed_dictionaries({name: _by_name[name]})
        ),
    ),
    min_size=1,
    max_size=2,
)
_by_name: dict[str, st.SearchStrategy[object]] = {
    **dict.fromkeys(("exists", "flag", "not_flag"), st.booleans()),
    "text": tags,
    "number": _at_least_one(
        MetadataNumberFilter,
        **dict.fromkeys(_bounds, _decimals),
        any=_some_numbers,
        none=_some_numbers,
    ),
}
_conditions: dict[str, st.SearchStrategy[object]] = {
    "metadata": metadata_filters,
    **dict.fromkeys(
        (
            *("id", "namespace", "user_id", "session_id", "topics", "entities"),
            *("extractor", "source_message_ids", "slot"),
        ),
        tags,
    ),
    **dict.fromkeys(("create_time", "update_time", "last_access_time", "event_time"), time_filters),
    "type": type_filters,
    "access_count": number_filters,
    "pinned": st.booleans(),
    "standing": st.booleans(),
    "strategy": strategy_filters,
}


_names = _one_or_two(_conditions)


@st.composite
def _leaves(draw: st.DrawFn) -> MemoryFilter:
    return MemoryFilter(**{name: draw(_conditions[name]) for name in draw(_names)})  # type: ignore[arg-type]


def _grouped(parts: st.SearchStrategy[MemoryFilter]) -> st.SearchStrategy[MemoryFilter]:
    groups = st.lists(parts, max_size=3)
    own = st.one_of(st.just(MemoryFilter()), _leaves())
    return st.builds(_with_groups, own, groups, st.one_of(st.just([]), groups))


def _with_groups(
    given: MemoryFilter, any_of: list[MemoryFilter], none_of: list[MemoryFilter]
) -> MemoryFilter:
    whole = MemoryFilter(any_of=any_of, none_of=none_of)
    whole.MergeFrom(given)
    return whole


# Single conditions are where a wrong bound shows; trees are where a wrong nesting does.
filters = st.one_of(_leaves(), st.recursive(_leaves(), _grouped, max_leaves=6))
