"""Filters on JSON bodies in the gateway: they are read whole, and hold no unknown field."""

import re
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any

from google.api.annotations_pb2 import http
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

_LUA_MAGIC = re.compile(r"[\^$()%.\[\]*+?-]")
_VARIABLE = re.compile(r"\{[^}]*\}")
# Their JSON is not an object of their fields.
_OPAQUE = ".google.protobuf."

# What the script notes of a request, as Envoy's routes and its expressions find it.
TOO_LARGE = {
    "filter": "agent_memory",
    "path": [{"key": "too_large"}],
    "value": {"bool_match": True},
}
IS_TOO_LARGE = (
    "'agent_memory' in metadata.filter_metadata && "
    "'too_large' in metadata.filter_metadata['agent_memory']"
)
# A client that sends more than so many times what it may is cut off.
_READ_FACTOR = 8

Shape = int | bool | dict[str, Any]


# Path and headers of a request together, and how many headers there may be.
MAX_HEADER_KIBIBYTES = 60
MAX_HEADERS = 100
# Those that Envoy has added when the script sees them, such as x-forwarded-for.
_ENVOYS_OWN_HEADERS = 6


def whole_body_script(max_request_bytes: int) -> str:
    """Return Lua code for Envoy that lets `max_request_bytes` of a JSON body through."""
    code = resources.files(__package__).joinpath("whole_body.lua").read_text()
    read = _READ_FACTOR * max_request_bytes
    head = f"head = {MAX_HEADER_KIBIBYTES * 1024}, headers = {MAX_HEADERS + _ENVOYS_OWN_HEADERS}"
    return f"local LIMITS = {{body = {max_request_bytes}, read = {read}, {head}}}\n\n{code}"


def strict_json_script(descriptors: bytes) -> str:
    """Return Lua code for Envoy, with the JSON routes and types of a serialized descriptor set."""
    files = FileDescriptorSet.FromString(descriptors)
    types = _Types(files)
    routes: dict[str, list[list[str | Shape]]] = {}
    for method in _methods(files):
        rule: HttpRule = method.options.Extensions[http]
        if rule.body:
            verb = str(rule.WhichOneof("pattern"))
            body = types.body(method.input_type, rule.body)
            field = "" if rule.body == "*" else f".{rule.body}"
            pattern = _path_pattern(getattr(rule, verb))
            routes.setdefault(verb.upper(), []).append([pattern, body, field])
    code = resources.files(__package__).joinpath("strict_json.lua").read_text()
    return f"local ROUTES = {_lua(routes)}\nlocal TYPES = {_lua(types.fields)}\n\n{code}"


class _Types:
    """The message types that bodies are made of, numbered from 1 as Lua's tables are."""

    def __init__(self, files: FileDescriptorSet) -> None:
        self.fields: list[dict[str, Shape]] = []
        self._numbers: dict[str, int] = {}
        self._protos = {
            name: proto
            for file in files.file
            for name, proto in _nested(f".{file.package}", file.message_type)
        }

    def body(self, request: str, selector: str) -> Shape:
        if selector == "*":
            return self._number(request)
        (field,) = (f for f in self._protos[request].field if f.name == selector)
        return self._shape(field)

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self._numbers) + 1
            shapes: dict[str, Shape] = {}
            # Entered before its fields are looked at, which may be of the same type.
            self.fields.append(shapes)
            for field in self._protos[name].field:
                shapes[field.name] = shapes[field.json_name] = self._shape(field)
        return self._numbers[name]

    def _shape(self, field: FieldDescriptorProto) -> Shape:
        if field.type != field.TYPE_MESSAGE or field.type_name.startswith(_OPAQUE):
            return True
        proto = self._protos[field.type_name]
        if not proto.options.map_entry:
            return self._number(field.type_name)
        (values,) = (entry for entry in proto.field if entry.name == "value")
        return {"values": self._shape(values)}


def _methods(files: FileDescriptorSet) -> Iterator[MethodDescriptorProto]:
    return (method for file in files.file for service in file.service for method in service.method)


def _nested(scope: str, protos: Iterable[DescriptorProto]) -> Iterator[tuple[str, DescriptorProto]]:
    for proto in protos:
        name = f"{scope}.{proto.name}"
        yield name, proto
        yield from _nested(name, proto.nested_type)


def _path_pattern(template: str) -> str:
    """Return a Lua pattern for a path template whose variables are one segment each."""
    literals = (_LUA_MAGIC.sub(r"%\g<0>", part) for part in _VARIABLE.split(template))
    return f"^{'[^/]+'.join(literals)}$"


def _lua(value: object) -> str:
    """Return the value as a Lua literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{_lua(key)}] = {_lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(_lua(item) for item in value) + "}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower()
