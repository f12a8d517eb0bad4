"""Requests as callers of JSON spell them: path, query, body, with what JSON alone can say."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from google.api.annotations_pb2 import http
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from agent_memory_services.kit.contract.methods import MethodPolicy

_LAST_SECOND = 253_402_300_799
# Numbers that no float holds stand in quotes until the text is made.
_BARE = "\ue000"
_SURROGATE = "\ue001"
_ODD_LEAVES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "1e3",
        "-0",
        "0x10",
        " 1",
        "9007199254740993",
        [],
        {},
        [[]],
        [{}],
    ),
    *(f"{_BARE}1e999", f"{_BARE}9007199254740993", f"{_BARE}9223372036854775808", f"{_BARE}1e18"),
    *(f"{_BARE}-9007199254740993.0", f"{_BARE}00", f"{_BARE}-", f"{_BARE}NaN", f"{_BARE}0.1e-400"),
    *(f"a{_SURROGATE}b", "Infinity", "-Infinity", "NaN", "9999999-01-01T00:00:00Z", "0.1s", "-1s"),
    *("0000-00-00T00:00:00Z", "1969-12-31T23:59:60Z", "2024-02-30T00:00:00Z", "315576000001s"),
    *("2024-01-01T00:00:00+99:99", "2024-01-01T00:00:00.1234567890Z", "2024-01-01", "a,b.c,,*"),
    *("MEMORY_TYPE_NOTHING", "memory_type_semantic", "\x00", "%00", {"a": {"b": None}}),
)
_PATTERNS = ("get", "put", "post", "delete", "patch")


class Spelled(NamedTuple):
    """A request over HTTP."""

    verb: str
    target: str
    body: bytes


def spelled(policy: MethodPolicy, message: Message, chance: random.Random) -> Spelled | None:
    """A request in JSON, or nothing where the method has no such form."""
    method = descriptor_pool.Default().FindMethodByName(policy.full_name[1:].replace("/", "."))
    rule = method.GetOptions().Extensions[http]
    verb = next((name for name in _PATTERNS if getattr(rule, name)), None)
    if verb is None:
        return None
    tree = _tree(message, proto_names=chance.random() < 0.5)
    if chance.random() < 0.3:
        _set_oddly(tree, chance)
    target = _filled(getattr(rule, verb), message, tree)
    body = b""
    if rule.body == "*":
        body = _text(tree, chance)
    elif rule.body:
        name = rule.body if rule.body in tree else _camel(rule.body)
        body = _text(tree.pop(name, {}), chance)
    if rule.body != "*" and (query := urlencode(list(_flat(tree)), errors="replace")):
        # The largest head that is read; longer ones are a matter of raw bytes.
        target = f"{target}?{query[:40_000]}"
    return Spelled(verb.upper(), target, body)


def _filled(template: str, message: Message, tree: Any) -> str:
    """The path with the names that it holds, which are then no more in the tree."""
    before, brace, rest = template.partition("{")
    if not brace:
        return template
    name, _, after = rest.partition("}")
    held: Any = message
    parts = name.split(".")
    for part in parts:
        held = getattr(held, part)
    inner = tree
    for part in parts[:-1]:
        inner = inner.get(part) or inner.get(_camel(part)) or {}
    if isinstance(inner, dict):
        inner.pop(parts[-1], None)
        inner.pop(_camel(parts[-1]), None)
    return before + quote(str(held)[:3000], safe="") + _filled(after, message, tree)


def _flat(tree: Any, before: str = "") -> Iterator[tuple[str, str]]:
    for name, held in tree.items() if isinstance(tree, dict) else ():
        for each in held[:2000] if isinstance(held, list) else [held]:
            if isinstance(each, dict):
                yield from _flat(each, f"{before}{name}.")
            else:
                shown = each if isinstance(each, str) else json.dumps(each)
                yield f"{before}{name}", shown.replace(_BARE, "").replace(_SURROGATE, "\ufffd")


def _text(tree: Any, chance: random.Random) -> bytes:
    text = json.dumps(tree, ensure_ascii=chance.random() < 0.5)
    for spelling in (json.dumps(_BARE)[1:-1], _BARE):
        while (at := text.find(f'"{spelling}')) >= 0:
            bare, _, rest = text[at + 1 + len(spelling) :].partition('"')
            text = text[:at] + bare + rest
    for spelling in (json.dumps(_SURROGATE)[1:-1], _SURROGATE):
        text = text.replace(spelling, "\\ud800")
    body = text.encode(errors="replace")
    drawn = chance.random()
    if drawn < 0.02:
        body = body[: chance.randrange(len(body) + 1)]
    elif drawn < 0.04:
        at = chance.randrange(len(body) + 1)
        body = (
            body[:at] + chance.choice([b"\xff", b"\x00", b"\xed\xa0\x80", b",", b'"']) + body[at:]
        )
    elif drawn < 0.05:
        depth = chance.choice((50, 200, 20_000))
        body = b'{"a":' * depth + b"1" + b"}" * depth
    elif drawn < 0.06 and body.startswith(b"{") and len(body) > 2:
        body = body[:-1] + b"," + body[1:]
    return body


def _set_oddly(tree: Any, chance: random.Random) -> None:
    places = list(_places(tree))
    if places:
        holder, key = chance.choice(places)
        holder[key] = chance.choice(_ODD_LEAVES)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, held in list(steps)[:20]:
        yield tree, key
        if isinstance(held, dict | list):
            yield from _places(held)


def _tree(message: Message, *, proto_names: bool) -> Any:
    """What `json_format` gives, for values too that it refuses to spell."""
    if (plain := _PLAIN.get(message.DESCRIPTOR.full_name)) is not None:
        return plain(message)
    made: dict[str, Any] = {}
    for field, held in message.ListFields():
        name = field.name if proto_names else field.json_name
        made[name] = _held(field, held, proto_names=proto_names)
    return made


def _held(field: FieldDescriptor, held: Any, *, proto_names: bool) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        of = field.message_type.fields_by_name["value"]
        return {str(key): _single(of, held[key], proto_names=proto_names) for key in held}
    if field.is_repeated:
        return [_single(field, each, proto_names=proto_names) for each in held]
    return _single(field, held, proto_names=proto_names)


def _single(field: FieldDescriptor, held: Any, *, proto_names: bool) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        return _tree(held, proto_names=proto_names)
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        assert field.enum_type is not None
        known = field.enum_type.values_by_number.get(held)
        return held if known is None else known.name
    if field.cpp_type in {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}:
        return str(held)
    if isinstance(held, float):
        return _real(held)
    return held.hex() if isinstance(held, bytes) else held


def _real(held: float) -> Any:
    return held if abs(held) < float("inf") else str(held).replace("inf", "Infinity")


def _moment(message: Any) -> str:
    if 0 <= message.seconds <= _LAST_SECOND:
        shown = datetime.fromtimestamp(message.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    else:
        shown = f"{1970 + message.seconds // 31_556_952:05d}-01-01T00:00:00"
    return f"{shown}.{message.nanos}Z" if message.nanos else f"{shown}Z"


def _span(message: Any) -> str:
    return f"{message.seconds}.{message.nanos:09d}s" if message.nanos else f"{message.seconds}s"


def _value(message: Any) -> Any:
    match message.WhichOneof("kind"):
        case "number_value":
            return _real(message.number_value)
        case "string_value":
            return message.string_value
        case "bool_value":
            return message.bool_value
        case "struct_value":
            return _struct(message.struct_value)
        case "list_value":
            return [_value(each) for each in message.list_value.values]
    return None


def _struct(message: Any) -> Any:
    return {key: _value(message.fields[key]) for key in message.fields}


_PLAIN = {
    "google.protobuf.Timestamp": _moment,
    "google.protobuf.Duration": _span,
    "google.protobuf.FieldMask": lambda message: ",".join(message.paths),
    "google.protobuf.Struct": _struct,
    "google.protobuf.Value": _value,
    "google.protobuf.ListValue": lambda message: [_value(each) for each in message.values],
}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
