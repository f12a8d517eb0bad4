"""References of the documentation that come from the contracts and from the command line.

`scripts/docs.py` writes them beside the pages of `docs` when it builds the site: messages and
methods with their comments, reasons of refusals, and every command with its options.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import typer
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    MethodOptions,
)

from agent_memory.common.v1 import policy_pb2
from agent_memory_services.cli import ELSEWHERE, app, load
from generate import own_files
from openapi import bindings, comments

_KINDS: Final[Mapping[int, str]] = {
    number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()
}
_REASONS: Final = "agent_memory.common.v1.ErrorReason"
_CODE: Final = re.compile(r"Codes? ([A-Z_]+(?:(?:,| or) [A-Z_]+)*)")
_REPEATABLE: Final[Mapping[int, str]] = {
    MethodOptions.NO_SIDE_EFFECTS: "changes nothing, so it may be repeated",
    MethodOptions.IDEMPOTENT: "may be repeated as it is",
    MethodOptions.IDEMPOTENCY_UNKNOWN: "may be repeated under the same `request_id`",
}
_API_INTRODUCTION: Final = """\
# API of {title}

Generated from the protos in `{package}`. Each method is served as gRPC and gRPC-Web, and as JSON at
the path named beside it. `optional` fields tell absent from empty; the rules of a field stand in
the protos, and a refusal names the field.
"""
_ERRORS_INTRODUCTION: Final = """\
# Errors

Every answer other than OK carries one `google.rpc.ErrorInfo` with the domain `agent-memory` and one
of these reasons. Reasons and their metadata keys are stable: a program may depend on them, but not
on texts. Where a field is at fault, `google.rpc.BadRequest` names it; where waiting helps,
`google.rpc.RetryInfo` says how long.
"""
_COMMANDS_INTRODUCTION: Final = """\
# Commands

Generated from the program itself. [The command line](../command-line.md) shows how the commands are
used together.
"""


class Contract:
    """Contracts with their comments, as pages."""

    def __init__(self, image: FileDescriptorSet) -> None:
        """Read the product's own files."""
        self._files = own_files(image)
        self._comments: dict[str, str] = {}
        for file in self._files:
            self._comments |= dict(comments(file))
        # Full name of a type -> page and anchor.
        self._places = {
            f".{file.package}.{path}": f"{page_of(file)}#{_anchor(path)}"
            for file in self._files
            for path in _types(file.message_type, file.enum_type)
        }

    def pages(self) -> Mapping[str, str]:
        """Write a page for every package, by its name."""
        packages: dict[str, list[FileDescriptorProto]] = {}
        for file in self._files:
            packages.setdefault(page_of(file), []).append(file)
        return {page: "\n".join(self._page(files)) for page, files in sorted(packages.items())}

    def errors(self) -> str:
        """Write the page of the reasons of refusals."""
        rows = [
            *_ERRORS_INTRODUCTION.splitlines(),
            "",
            "| Reason | Code | Meaning |",
            "| --- | --- | --- |",
        ]
        for file in self._files:
            for enum in file.enum_type:
                if f"{file.package}.{enum.name}" == _REASONS:
                    rows += self._reasons(f".{_REASONS}", enum)
        return "\n".join([*rows, ""])

    def _reasons(self, name: str, enum: EnumDescriptorProto) -> Iterator[str]:
        for value in enum.value:
            text = self._comments.get(f"{name}.{value.name}", "")
            # An example in JSON follows the text.
            meaning = text.partition("\n\n{")[0]
            code = _CODE.search(meaning)
            if value.number and meaning:
                short = value.name.removeprefix("ERROR_REASON_")
                yield f"| `{short}` | {f'`{code[1]}`' if code else ''} | {_cell(meaning)} |"

    def _page(self, files: Iterable[FileDescriptorProto]) -> Iterator[str]:
        listed = list(files)
        package = listed[0].package
        title = package.split(".")[1].replace("_", " ")
        yield _API_INTRODUCTION.format(title=title, package=package)
        for file in listed:
            for service in file.service:
                name = f".{package}.{service.name}"
                yield from (f"## {service.name}", "", self._comments.get(name, ""), "")
                for method in service.method:
                    yield from self._method(name, method)
        for file in listed:
            for message in file.message_type:
                yield from self._message(f".{package}", "", message)
            for enum in file.enum_type:
                yield from self._enum(f".{package}", "", enum)

    def _method(self, service: str, method: MethodDescriptorProto) -> Iterator[str]:
        policy = method.options.Extensions[policy_pb2.policy]
        access = policy_pb2.Access.Name(policy.access).removeprefix("ACCESS_").lower()
        facts = [f"Needs the role `{access}`", _REPEATABLE[method.options.idempotency_level]]
        if policy.HasField("default_deadline"):
            facts.append(f"default deadline {policy.default_deadline.ToTimedelta()} (h:mm:ss)")
        asked = f"{'stream of ' if method.client_streaming else ''}{self._link(method.input_type)}"
        answered = (
            f"{'stream of ' if method.server_streaming else ''}{self._link(method.output_type)}"
        )
        yield from (f"### {method.name}", "", self._comments.get(f"{service}.{method.name}", ""))
        yield from ("", f"{asked} → {answered}", "")
        yield from (f"- `{verb.upper()} {path}`" for verb, path, _ in bindings(method))
        yield from (f"- {'; '.join(facts)}.", "")

    def _message(self, scope: str, outer: str, message: DescriptorProto) -> Iterator[str]:
        if message.options.map_entry:
            return
        name, path = f"{scope}.{message.name}", f"{outer}{message.name}"
        yield from (f"## {path}", "", self._comments.get(name, ""), "")
        if message.field:
            yield from ("| Field | Type | Meaning |", "| --- | --- | --- |")
            for field in message.field:
                meaning = _cell(self._comments.get(f"{name}.{field.name}", ""))
                yield f"| `{field.name}` | {self._type(message, field)} | {meaning} |"
            yield ""
        for inner in message.nested_type:
            yield from self._message(name, f"{path}.", inner)
        for enum in message.enum_type:
            yield from self._enum(name, f"{path}.", enum)

    def _enum(self, scope: str, outer: str, enum: EnumDescriptorProto) -> Iterator[str]:
        name, path = f"{scope}.{enum.name}", f"{outer}{enum.name}"
        yield from (f"## {path}", "", self._comments.get(name, ""), "")
        if name == f".{_REASONS}":
            yield from ("[Errors](../errors.md) lists its values.", "")
            return
        yield from ("| Value | Meaning |", "| --- | --- |")
        for value in enum.value:
            meaning = _cell(self._comments.get(f"{name}.{value.name}", ""))
            yield f"| `{value.name}` | {meaning} |"
        yield ""

    def _type(self, message: DescriptorProto, field: FieldDescriptorProto) -> str:
        kind = self._link(field.type_name) if field.type_name else f"`{_KINDS[field.type]}`"
        for nested in message.nested_type:
            if nested.options.map_entry and field.type_name.endswith(f".{nested.name}"):
                key, value = (self._type(nested, each) for each in nested.field)
                return f"map of {key} to {value}"
        if field.label == FieldDescriptorProto.LABEL_REPEATED:
            return f"list of {kind}"
        return f"optional {kind}" if field.proto3_optional else kind

    def _link(self, type_name: str) -> str:
        place, short = self._places.get(type_name), type_name.rpartition(".")[2]
        return f"[{short}]({place})" if place else f"`{type_name[1:]}`"


def page_of(file: FileDescriptorProto) -> str:
    """Name the page of a file's package."""
    return f"{file.package.split('.')[1].replace('_', '-')}.md"


def _types(
    messages: Iterable[DescriptorProto], enums: Iterable[EnumDescriptorProto], outer: str = ""
) -> Iterator[str]:
    for message in messages:
        if not message.options.map_entry:
            yield f"{outer}{message.name}"
            yield from _types(message.nested_type, message.enum_type, f"{outer}{message.name}.")
    for enum in enums:
        yield f"{outer}{enum.name}"


def _anchor(heading: str) -> str:
    return heading.lower().replace(".", "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def command_page() -> str:
    """Write the page of the command line: every command with its arguments and options."""
    lines = [*_COMMANDS_INTRODUCTION.splitlines(), ""]
    root: Any = typer.main.get_command(app)
    for name in sorted({*ELSEWHERE, *root.commands}):
        command = load(name) if name in ELSEWHERE else root.commands[name]
        lines += _command(f"agent-memory {name}", command)
    return "\n".join(lines)


def _command(path: str, command: Any) -> Iterator[str]:
    if command.hidden:
        return
    text = " ".join((command.help or "").partition("\f")[0].split())
    yield from (f"## {path}", "", text.replace("<", "&lt;"), "")
    inner: Mapping[str, Any] = getattr(command, "commands", {})
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    if shown and not inner:
        yield from ("| Argument or option | Default | Meaning |", "| --- | --- | --- |")
        for each in shown:
            names = each.opts if each.param_type_name == "option" else [each.name.upper()]
            other = [*names, *each.secondary_opts]
            default = each.default
            plain = isinstance(default, str | int | float) and not isinstance(default, bool)
            value = f"`{default}`" if plain and str(default) else ""
            meaning = _cell(str(getattr(each, "help", None) or ""))
            yield f"| {', '.join(f'`{name}`' for name in other)} | {value} | {meaning} |"
        yield ""
    for name in sorted(inner):
        yield from _command(f"{path} {name}", inner[name])
