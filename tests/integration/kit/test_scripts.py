"""What scripts are given, as Lua finds it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from agent_memory_services.kit.redis.scripts import Key, Value, mapping_of, script
from tests.support.lua_globals import global_names
from tests.support.raw import raw
from tests.unit.kit.test_scripts import SCRIPTS

# Names that the store offers, and scripts of ours need.
_OFFERED = frozenset(
    [
        "ARGV",
        "KEYS",
        "ipairs",
        "math",
        "next",
        "pairs",
        "redis",
        "string",
        "table",
        "tonumber",
        "unpack",
    ]
)


class _Pair(NamedTuple):
    id: str
    body: str


@dataclass(frozen=True, slots=True)
class _Inner:
    key: Key
    flag: bool
    number: int | None
    names: Sequence[str]
    pairs: Sequence[_Pair]


@dataclass(frozen=True, slots=True)
class _Flat:
    text: str
    number: int
    flag: bool


@script("tests.integration.kit", "echo")
def _echo(
    key: Key,
    keys: Sequence[Key],
    *,
    text: str,
    number: int,
    maybe: int | None,
    flag: bool,
    record: _Flat,
    absent: _Flat | None,
    records: Sequence[_Inner],
    names: Sequence[str],
    users: Sequence[str] | None,
    by_name: Mapping[str, Value],
) -> Any:
    """Answer what it took."""


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_keys = _texts.map("{{one slot}}:{}".format)
_numbers = st.integers(-(2**53), 2**53)
_names = st.lists(_texts, max_size=4)
_flats = st.builds(_Flat, _texts, _numbers, st.booleans())
_pairs = st.lists(st.builds(_Pair, _texts, _texts), max_size=3)
_inners = st.builds(_Inner, _keys, st.booleans(), st.none() | _numbers, _names, _pairs)


def _number(value: int | None) -> dict[str, str]:
    return {} if value is None else {"number": f"number {value}"}


def _flat(value: _Flat) -> dict[str, Any]:
    return {"text": value.text, **_number(value.number), "flag": value.flag}


def _inner(value: _Inner) -> dict[str, Any]:
    return {
        "key": value.key,
        "flag": value.flag,
        **_number(value.number),
        "names": list(value.names) or {},
        "pairs": [pair._asdict() for pair in value.pairs] or {},
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_lua_finds_every_value_under_its_name(redis: Redis, data: st.DataObject) -> None:
    """Of every type that travels, one inside another, and whatever stands beside it."""
    sent: dict[str, Any] = {
        "key": data.draw(_keys),
        "keys": data.draw(st.lists(_keys, max_size=3)),
        "text": data.draw(_texts),
        "number": data.draw(_numbers),
        "maybe": data.draw(st.none() | _numbers),
        "flag": data.draw(st.booleans()),
        "record": data.draw(_flats),
        "absent": data.draw(st.none() | _flats),
        "records": data.draw(st.lists(_inners, max_size=3)),
        "names": data.draw(_names),
        "users": data.draw(st.none() | _names),
        "by_name": data.draw(st.dictionaries(_texts, _texts, max_size=3)),
    }
    found = json.loads(await _echo(redis, **sent))
    pairs = found.pop("pairs") or []
    assert dict(zip(pairs[::2], pairs[1::2], strict=True)) == sent["by_name"]
    expected = {
        "key": sent["key"],
        "keys": sent["keys"] or {},
        "text": sent["text"],
        "flag": sent["flag"],
        "record": _flat(sent["record"]),
        "records": [_inner(each) for each in sent["records"]] or {},
        "names": sent["names"] or {},
        **_number(sent["number"]),
    }
    if sent["maybe"] is not None:
        expected["maybe"] = f"number {sent['maybe']}"
    if sent["absent"] is not None:
        expected["absent"] = _flat(sent["absent"])
    if sent["users"] is not None:
        expected["users"] = sent["users"] or {}
    assert found == expected


async def test_scripts_compile_and_leave_no_name_undeclared(redis: Redis) -> None:
    """The store would refuse a global one only when the script comes to it."""
    undeclared = {each.name: await _globals(redis, each.source) - _OFFERED for each in SCRIPTS}
    assert {name: found for name, found in undeclared.items() if found} == {}


async def test_a_name_that_nothing_declares_is_found(redis: Redis) -> None:
    """In a function within a function, read or written."""
    source = "local a = 1\nlocal function f() return function() b = a .. c end end\nreturn f"
    assert await _globals(redis, source) == {"b", "c"}


async def _globals(redis: Redis, source: str) -> set[str]:
    dump = "return string.dump(assert(loadstring(ARGV[1])))"
    return global_names(await raw(redis).eval(dump, 0, source))


def test_an_answer_that_ends_with_a_name_is_no_mapping() -> None:
    """A value would be lost without a word."""
    assert mapping_of([b"a", b"1", b"b", b"2"]) == {b"a": b"1", b"b": b"2"}
    with pytest.raises(ValueError, match="zip"):
        mapping_of([b"a", b"1", b"b"])
