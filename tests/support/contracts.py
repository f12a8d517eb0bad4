"""Every method of every service, from the descriptors."""

from importlib import import_module
from typing import cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from agent_memory_services.kit.contract.methods import MethodPolicy, method_policies

MODULES = ("working_memory", "long_term_memory", "extraction")


def descriptor_of(kind: Message | type[Message]) -> Descriptor:
    """The descriptor of a message, under the name by which its functions are known."""
    return cast("Descriptor", kind.DESCRIPTOR)


def message_type_of(field: FieldDescriptor) -> Descriptor:
    """The descriptor of what a field holds, which is a message."""
    assert field.message_type is not None, field.full_name
    return field.message_type


def service_of(module: str) -> ServiceDescriptor:
    """The descriptor of a service, by its package's name."""
    file = import_module(f"agent_memory.{module}.v1.service_pb2").DESCRIPTOR
    (service,) = file.services_by_name.values()
    return cast("ServiceDescriptor", service)


SERVICES = {service_of(module).full_name: service_of(module) for module in MODULES}
POLICIES: list[MethodPolicy] = [
    policy for service in SERVICES.values() for policy in method_policies(service).values()
]
