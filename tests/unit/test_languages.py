"""Code that is generated from the contracts for other languages."""

from collections import Counter
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from generate import GATEWAY_DESCRIPTORS

FILES = [
    file
    for file in FileDescriptorSet.FromString(GATEWAY_DESCRIPTORS.read_bytes()).file
    if file.name.startswith("agent_memory/")
]
PACKAGES = {
    "csharp_namespace": "AgentMemory.{}",
    "go_package": "github.com/agent-memory/agent-memory/clients/go/{}",
    "java_package": "io.agentmemory.{}",
    "php_metadata_namespace": "AgentMemory\\{}\\Metadata",
    "php_namespace": "AgentMemory\\{}",
    "ruby_package": "AgentMemory::{}",
}


@pytest.mark.parametrize("option", PACKAGES)
def test_every_package_has_a_name_of_its_own(option: str) -> None:
    """The files of a package share its name, and no other package has it."""
    names = {(file.package, getattr(file.options, option)) for file in FILES}
    packages = {file.package for file in FILES}
    assert len(names) == len(packages) == len({name for _, name in names})
    prefix, _, suffix = PACKAGES[option].partition("{}")
    assert all(name.startswith(prefix) and name.endswith(suffix) for _, name in names)


def test_no_java_class_has_the_name_of_a_file() -> None:
    """The outer classes of files differ from each other and from the classes beside them."""
    outer = [file.options.java_outer_classname for file in FILES]
    classes: set[str] = set()
    for file in FILES:
        classes |= {each.name for each in file.message_type}
        classes |= {each.name for each in file.enum_type}
        classes |= {each.name for each in file.service}
    assert all(file.options.java_multiple_files for file in FILES)
    assert len(set(outer)) == len(outer)
    assert not classes & set(outer)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_two_fields_make_one_method(file: FileDescriptorProto) -> None:
    """No method of generated Java gets a number into its name to tell it from another's."""
    for message in file.message_type:
        counts = Counter(_methods(message))
        assert [name for name, count in counts.items() if count > 1] == [], message.name


def _methods(message: DescriptorProto) -> Iterator[str]:
    """Name the getters that fields and oneofs of a message get in Java."""
    yield from (f"{_camel(each.name)}Case" for each in message.oneof_decl)
    for field in message.field:
        name = _camel(field.name)
        yield name
        repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
        if repeated:
            yield from (f"{name}Count", f"{name}List", f"{name}Map")
        if field.type == FieldDescriptorProto.TYPE_STRING:
            yield f"{name}Bytes"
        if field.type == FieldDescriptorProto.TYPE_ENUM:
            yield f"{name}Value"
        if field.type == FieldDescriptorProto.TYPE_MESSAGE:
            yield from (f"{name}Builder", f"{name}OrBuilder")


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
