"""Every Lua script of the services, beside the signature that declares what it takes."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import agent_memory_services
from agent_memory_services.kit.redis.background import _lease
from agent_memory_services.kit.redis.parameters import Record
from agent_memory_services.kit.redis.scripts import Key, Script, script

_ROOT = Path(str(files(agent_memory_services)))
# These run in the gateway, which has another way to hand them what they need.
_GATEWAY = _ROOT / "embedded" / "gateway"
_COUNTED = re.compile(r"\b(KEYS|ARGV)\b")
_TOP_LEVEL = re.compile(r"^local (?:function )?([\w, ]+)", re.MULTILINE)


def _modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages([str(_ROOT)], "agent_memory_services."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _scripts() -> list[Script[Any]]:
    held = (value for module in _modules() for value in vars(module).values())
    distinct = {found.source: found for found in held if isinstance(found, Script)}
    return sorted(distinct.values(), key=lambda each: each.name)


SCRIPTS = _scripts()
every_script = pytest.mark.parametrize("each", SCRIPTS, ids=lambda each: each.name)


def _code(each: Script[Any]) -> str:
    """Its own text, without comments and without what stands in quotes."""
    text = "\n".join(file.read_text() for file in each.files)
    return re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", re.sub(r"--[^\n]*", "", text))


def _names(record: Record, code: str) -> Iterator[str]:
    """The parameters, and the fields of those that are records and not gone through as a whole."""
    for name, kind in record.kinds.items():
        yield name
        element = getattr(kind, "_element", getattr(kind, "_kind", kind))
        if isinstance(element, Record) and f" pairs({name})" not in code:
            yield from (f".{field}" for field in element.kinds)


@every_script
def test_a_script_uses_everything_that_it_declares(each: Script[Any]) -> None:
    """A parameter by its name, and a field by its own."""
    code = _code(each)
    unused = []
    for name in _names(each.parameters, code):
        pattern = rf"\{name}\b" if name.startswith(".") else rf"(?<![.\w]){name}\b"
        if not re.search(pattern, code):
            unused.append(name)
    assert unused == []


@every_script
def test_no_script_counts_positions_by_hand(each: Script[Any]) -> None:
    """What travels where is the concern of the kit."""
    assert _COUNTED.findall(_code(each)) == []


@every_script
def test_no_name_of_a_script_hides_a_parameter(each: Script[Any]) -> None:
    """A file that declared a parameter's name again would read its own value instead."""
    found = (name for match in _TOP_LEVEL.findall(_code(each)) for name in match.split(","))
    assert {name.strip() for name in found} & set(each.parameters.kinds) == set()


def test_every_lua_file_belongs_to_a_script() -> None:
    """None is left behind that nobody runs."""
    used = {Path(str(file)) for each in SCRIPTS for file in each.files}
    there = {path for path in _ROOT.rglob("*.lua") if _GATEWAY not in path.parents}
    assert there == used


def test_a_call_that_leaves_an_argument_out_is_refused() -> None:
    """By the type checker, which would report these comments if it had nothing to refuse."""
    with pytest.raises(TypeError, match="milliseconds"):
        _lease.call("key", holder="me")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="seconds"):
        _lease.call("key", holder="me", milliseconds=1, seconds=1)  # type: ignore[call-arg]
    with pytest.raises(KeyError, match="milliseconds"):
        _lease.call("key", holder="me", seconds=1)  # type: ignore[call-arg]


def test_a_call_with_an_argument_of_another_type_is_refused() -> None:
    """By the type checker alone."""
    _lease.call("key", holder="me", milliseconds="1")  # type: ignore[arg-type]
    _lease.call("key", holder=None, milliseconds=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("hint", [object, dict[str, str], str | None, Sequence[Any], Key | None])
def test_what_lua_could_not_tell_apart_cannot_be_declared(hint: Any) -> None:
    """An empty text is not None, and what has no agreed form does not travel."""

    def declared(value: Any) -> Any:
        """Take a value."""

    declared.__annotations__["value"] = hint
    with pytest.raises(TypeError):
        script("agent_memory_services.kit.redis", "lua/lease")(declared)


def test_parameters_of_fixed_width_are_read_first() -> None:
    """Lua finds them at once, wherever they stand in the signature."""

    @script("agent_memory_services.kit.redis", "lua/lease")
    def declared(many: Sequence[str], of: Mapping[str, int], one: Key, two: int) -> Any:
        """Take values."""

    lines = declared.source.splitlines()
    assert lines[:2] == ["local two = tonumber(ARGV[1])", "local one = KEYS[1]"]
    assert declared.call(["a", "b"], {"c": 1}, "k", 7).parts == (1, "k", 7, 2, "a", "b", 2, "c", 1)
