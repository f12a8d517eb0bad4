"""Methods of the contracts: their paths, messages, deadlines and retries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term_memory
from agent_memory.working_memory.v1 import service_pb2 as working_memory

_FILES: tuple[FileDescriptor, ...] = (
    working_memory.DESCRIPTOR,
    long_term_memory.DESCRIPTOR,
    extraction.DESCRIPTOR,
)


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service.

    Attributes:
        service: Full name of its service.
        path: `/package.Service/Method`.
        request: Type of its requests, which no two methods share.
        response: Type of its responses.
        deadline: Seconds it may take; None for a stream without an end.
    """

    service: str
    path: str
    request: type[Message]
    response: type[Message]
    deadline: float | None


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Policies of the contracts.

    Attributes:
        channel_json: The gRPC service config for any stub: load balancing, and retries of the
            calls that may be repeated as they are.
        named_calls_json: The same for who gives every call its own `request_id`, as this client
            does: changes are retried too.
        methods: Methods by the full name of their request message.
    """

    channel_json: str
    named_calls_json: str
    methods: Mapping[str, Method]


@cache
def service_config() -> ServiceConfig:
    """Read the config that is generated from the contracts, once."""
    text = resources.files("agent_memory").joinpath("service_config.json").read_text("utf-8")
    content = json.loads(text)
    deadlines: Mapping[str, float] = content["deadlines_seconds"]
    methods = (
        _method(descriptor, deadlines)
        for file in _FILES
        for service in file.services_by_name.values()
        for descriptor in service.methods
    )
    return ServiceConfig(
        json.dumps(content["service_config"]),
        json.dumps(content["named_calls_service_config"]),
        {method.request.DESCRIPTOR.full_name: method for method in methods},
    )


def method_of(request: type[Message]) -> Method:
    """Find the method that takes a request."""
    return service_config().methods[request.DESCRIPTOR.full_name]


def _method(descriptor: MethodDescriptor, deadlines: Mapping[str, float]) -> Method:
    service = descriptor.containing_service.full_name
    path = f"/{service}/{descriptor.name}"
    return Method(
        service=service,
        path=path,
        request=GetMessageClass(descriptor.input_type),
        response=GetMessageClass(descriptor.output_type),
        deadline=deadlines.get(path),
    )
