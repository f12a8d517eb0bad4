"""The OpenAPI document of the JSON that the gateway transcodes, from the protos' annotations.

Names, 64-bit integers as strings, well-known types and streams are spelt as Envoy's transcoder
does. Descriptions are the protos' comments.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from google.api.annotations_pb2 import http
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

Schema: TypeAlias = dict[str, Any]
Field: TypeAlias = FieldDescriptorProto

ROOT_PACKAGE = "agent_memory."
ERROR = ".google.rpc.Status"

_VARIABLE = re.compile(r"\{([^}=]+)[^}]*\}")
_OPTIONAL_64_BITS = {"type": "string", "pattern": "^-?[0-9]+$"}
_SCALARS: Mapping[int, Schema] = {
    Field.TYPE_DOUBLE: {"type": "number", "format": "double"},
    Field.TYPE_FLOAT: {"type": "number", "format": "float"},
    Field.TYPE_INT64: {**_OPTIONAL_64_BITS, "format": "int64"},
    Field.TYPE_UINT64: {**_OPTIONAL_64_BITS, "format": "uint64"},
    Field.TYPE_INT32: {"type": "integer", "format": "int32"},
    Field.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    Field.TYPE_BOOL: {"type": "boolean"},
    Field.TYPE_STRING: {"type": "string"},
    Field.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
_WELL_KNOWN: Mapping[str, Schema] = {
    "Timestamp": {"type": "string", "format": "date-time"},
    "Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$"},
    "FieldMask": {"type": "string", "description": "Field names with commas between."},
    "Struct": {"type": "object"},
    "Value": {},
    "ListValue": {"type": "array", "items": {}},
    "Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "additionalProperties": True,
    },
    "Empty": {"type": "object"},
}


class Document:
    """The OpenAPI document of a descriptor set with comments."""

    def __init__(self, image: FileDescriptorSet) -> None:
        """Read the types and the comments of all files."""
        self._messages: dict[str, DescriptorProto] = {}
        self._enums: dict[str, EnumDescriptorProto] = {}
        self._comments: dict[str, str] = {}
        self._schemas: dict[str, Schema] = {}
        self._files = [file for file in image.file if file.package.startswith(ROOT_PACKAGE)]
        for file in image.file:
            self._enter(f".{file.package}", file.message_type, file.enum_type)
            self._comments |= dict(comments(file))

    def build(self, version: str) -> Schema:
        """The whole document."""
        spelling = _Spelling(self._files)
        paths: dict[str, Schema] = {}
        for file in self._files:
            for service in file.service:
                for method in service.method:
                    for number, (verb, path, body) in enumerate(bindings(method), 1):
                        spelt = spelling.of(path)
                        names = dict(zip(_names(path), _names(spelt), strict=True))
                        operation = self._operation(file.package, service.name, method, names, body)
                        if number > 1:
                            # Another way to the same call.
                            operation["operationId"] += f"_{number}"
                        paths.setdefault(spelt, {})[verb] = operation
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Agent Memory",
                "version": version,
                "description": "Memory for LLM agents: the JSON side of the gRPC contracts.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "tags": [
                {"name": s.name, "description": self._comment(f".{file.package}.{s.name}")}
                for file in self._files
                for s in file.service
            ],
            "paths": dict(sorted(paths.items())),
            "components": {
                "schemas": dict(sorted(self._schemas.items())),
                "securitySchemes": {
                    "credential": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "An API key or a JSON Web Token.",
                    }
                },
            },
            # A server that trusts everybody asks for none.
            "security": [{"credential": []}, {}],
        }

    def _enter(
        self,
        scope: str,
        messages: Iterable[DescriptorProto],
        enums: Iterable[EnumDescriptorProto],
    ) -> None:
        for enum in enums:
            self._enums[f"{scope}.{enum.name}"] = enum
        for message in messages:
            name = f"{scope}.{message.name}"
            self._messages[name] = message
            self._enter(name, message.nested_type, message.enum_type)

    def _operation(
        self,
        package: str,
        service: str,
        method: MethodDescriptorProto,
        in_path: Mapping[str, str],
        body: str,
    ) -> Schema:
        description = self._comment(f".{package}.{service}.{method.name}")
        answer: Schema = {"schema": self._reference(method.output_type)}
        told = "The answer."
        if method.server_streaming:
            told = "One answer per line, for as long as the stream is open."
        operation: Schema = {
            "operationId": f"{service}_{method.name}",
            "tags": [service],
            "summary": re.split(r"(?<=\.)\s", description, maxsplit=1)[0],
            "description": description,
            "parameters": [
                *(
                    self._parameter(method.input_type, name, "path") | {"name": spelt}
                    for name, spelt in in_path.items()
                ),
                *self._query(method.input_type, in_path, body),
                *self._key(method.input_type),
            ],
            "responses": {
                "200": {"description": told, "content": {"application/json": answer}},
                "default": {
                    "description": "What went wrong, with details.",
                    "content": {"application/json": {"schema": self._reference(ERROR)}},
                },
            },
        }
        if body:
            schema = self._body(method.input_type, in_path, body)
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        return operation

    def _body(self, request: str, in_path: Iterable[str], selector: str) -> Schema:
        if selector == "*":
            message, said = request, list(in_path)
        else:
            message = self._find(request, selector)[1].type_name
            said = [n.removeprefix(f"{selector}.") for n in in_path if n.startswith(f"{selector}.")]
        if not said:
            return self._reference(message)
        # What the path says must not be said again.
        schema = self._object(message)
        for name in said:
            schema["properties"].pop(name)
        return schema

    def _query(self, request: str, in_path: Iterable[str], body: str) -> Iterator[Schema]:
        if body == "*":
            return
        for name in self._leaves(request, (request,)):
            if name not in in_path and name.partition(".")[0] != body:
                yield self._parameter(request, name, "query")

    def _key(self, request: str) -> Iterator[Schema]:
        """The header that stands for an empty `request_id`."""
        if any(field.name == "request_id" for field in self._messages[request].field):
            yield {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Stands for `request_id` where that is empty.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            }

    def _leaves(self, message: str, seen: tuple[str, ...]) -> Iterator[str]:
        """Dotted names of the fields that a query can hold."""
        for field in self._messages[message].field:
            if field.type_name in seen or self._is_map(field):
                continue
            if field.type == Field.TYPE_MESSAGE and _well_known(field.type_name) is None:
                if field.label != Field.LABEL_REPEATED:
                    deeper = self._leaves(field.type_name, (*seen, field.type_name))
                    yield from (f"{field.name}.{name}" for name in deeper)
            elif field.type_name not in {".google.protobuf.Struct", ".google.protobuf.Value"}:
                yield field.name

    def _parameter(self, request: str, name: str, place: str) -> Schema:
        owner, field = self._find(request, name)
        return {
            "name": name,
            "in": place,
            "required": place == "path",
            "description": self._comment(f"{owner}.{field.name}"),
            "schema": self._field(field),
        }

    def _find(self, message: str, dotted: str) -> tuple[str, Field]:
        first, _, rest = dotted.partition(".")
        (field,) = (f for f in self._messages[message].field if f.name == first)
        return self._find(field.type_name, rest) if rest else (message, field)

    def _field(self, field: Field) -> Schema:
        if self._is_map(field):
            (values,) = (f for f in self._messages[field.type_name].field if f.name == "value")
            return {"type": "object", "additionalProperties": self._field(values)}
        if field.type in {Field.TYPE_MESSAGE, Field.TYPE_ENUM}:
            one = self._reference(field.type_name)
        else:
            one = dict(_SCALARS[field.type])
        return {"type": "array", "items": one} if field.label == Field.LABEL_REPEATED else one

    def _is_map(self, field: Field) -> bool:
        message = self._messages.get(field.type_name)
        return message is not None and message.options.map_entry

    def _reference(self, type_name: str) -> Schema:
        if (known := _well_known(type_name)) is not None:
            return dict(known)
        name = type_name.removeprefix(".").removeprefix(ROOT_PACKAGE)
        if name not in self._schemas:
            # Entered before its fields are looked at, which may be of the same type.
            self._schemas[name] = schema = {}
            schema.update(
                self._enum(type_name) if type_name in self._enums else self._object(type_name)
            )
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, type_name: str) -> Schema:
        properties: dict[str, Schema] = {}
        for field in self._messages[type_name].field:
            schema = self._field(field)
            properties[field.name] = schema
            if comment := self._comment(f"{type_name}.{field.name}"):
                schema["description"] = comment
        schema = {"type": "object", "properties": properties}
        return schema | self._described(type_name)

    def _enum(self, type_name: str) -> Schema:
        values = [value.name for value in self._enums[type_name].value]
        told = "\n".join(
            f"- `{value}`: {self._comment(f'{type_name}.{value}')}" for value in values
        )
        return {
            "type": "string",
            "enum": values,
            "description": f"{self._comment(type_name)}\n\n{told}",
        }

    def _described(self, type_name: str) -> Schema:
        comment = self._comment(type_name)
        return {"description": comment} if comment else {}

    def _comment(self, name: str) -> str:
        return self._comments.get(name, "")


class _Spelling:
    """Names of the variables in paths: one path may not stand there under two spellings."""

    def __init__(self, files: Iterable[FileDescriptorProto]) -> None:
        self._shortest: dict[str, str] = {}
        methods = (m for file in files for service in file.service for m in service.method)
        for path in (path for method in methods for _, path, _ in bindings(method)):
            shape, spelt = _VARIABLE.sub("{}", path), _VARIABLE.sub(r"{\1}", path)
            self._shortest[shape] = min(self._shortest.get(shape, spelt), spelt, key=_plainness)

    def of(self, path: str) -> str:
        """The path in the spelling that all methods of its shape share."""
        return self._shortest[_VARIABLE.sub("{}", path)]


def _plainness(path: str) -> tuple[int, int]:
    return path.count("."), len(path)


def _names(path: str) -> list[str]:
    return _VARIABLE.findall(path)


def _well_known(type_name: str) -> Schema | None:
    package, _, name = type_name.rpartition(".")
    return _WELL_KNOWN[name] if package == ".google.protobuf" else None


def bindings(method: MethodDescriptorProto) -> Iterator[tuple[str, str, str]]:
    """Verb, path and body selector of each way to call the method."""
    rule: HttpRule = method.options.Extensions[http]
    for binding in (rule, *rule.additional_bindings):
        if verb := binding.WhichOneof("pattern"):
            yield str(verb), getattr(binding, verb), binding.body


def comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """Full names of what has a comment, with the comment on one line per paragraph."""
    for location in file.source_code_info.location:
        if location.leading_comments and (name := _named(file, list(location.path))):
            paragraphs = location.leading_comments.strip().split("\n\n")
            yield (
                f".{file.package}.{name}",
                "\n\n".join(" ".join(p.split()) for p in paragraphs),
            )


def _named(holder: Any, path: list[int]) -> str:
    """The dotted name of what a source path leads to, or "" where it has none."""
    names = []
    while len(path) > 1:
        number, index, *path = path
        field = holder.DESCRIPTOR.fields_by_number[number]
        if field.message_type is None or not field.is_repeated:
            return ""
        holder = getattr(holder, field.name)[index]
        names.append(getattr(holder, "name", ""))
    return ".".join(names) if not path and all(names) else ""
