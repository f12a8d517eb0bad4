"""Services of a descriptor set, the backend of each, and the routes of their methods."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from importlib import resources

from google.protobuf.descriptor_pb2 import (
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    MethodOptions,
)

from agent_memory.common.v1.policy_pb2 import policy

ROOT_PACKAGE = "agent_memory"


_GENERATED = "agent_memory_services.kit.contract"


@dataclass(frozen=True, slots=True)
class Route:
    """Treatment of the calls of one method in the gateway.

    Attributes:
        path: the path on the wire, `/package.Service/Method`.
        backend: name of the backend that serves it.
        deadline: seconds a call may take when its caller names no deadline, or None.
        idempotent: the call may be repeated safely as it is.
        named: the call may be repeated safely under one request id.
        streaming: either side sends more than one message.
    """

    path: str
    backend: str
    deadline: float | None
    idempotent: bool
    named: bool
    streaming: bool


def own_descriptors() -> bytes:
    """Return the serialized descriptor set of this product's services."""
    return resources.files(_GENERATED).joinpath("descriptors.binpb").read_bytes()


def own_openapi() -> str:
    """Return the OpenAPI document of the same services' JSON."""
    return resources.files(_GENERATED).joinpath("openapi.json").read_text()


def services_by_backend(descriptors: bytes) -> dict[str, list[str]]:
    """Full names of the gRPC services in a serialized descriptor set, by the backend's name.

    The backend is the part of the package after the root: `agent_memory.extraction.v1` is served
    by `extraction`. Services of other roots (health, reflection) are not the gateway's.
    """
    found: dict[str, list[str]] = {}
    for backend, file in _own_files(descriptors):
        names = [f"{file.package}.{service.name}" for service in file.service]
        found.setdefault(backend, []).extend(names)
    return {backend: names for backend, names in found.items() if names}


def routes(descriptors: bytes) -> list[Route]:
    """Return the route of every method, from its options and its request type."""
    files = list(_own_files(descriptors))
    named = {
        f".{file.package}.{message.name}"
        for _, file in files
        for message in file.message_type
        if any(field.name == "request_id" for field in message.field)
    }
    return [
        _route(backend, f"/{file.package}.{service.name}/{method.name}", method, named)
        for backend, file in files
        for service in file.service
        for method in service.method
    ]


def _own_files(descriptors: bytes) -> Iterator[tuple[str, FileDescriptorProto]]:
    for file in FileDescriptorSet.FromString(descriptors).file:
        root, _, rest = file.package.partition(".")
        if root == ROOT_PACKAGE:
            yield rest.partition(".")[0], file


def _route(backend: str, path: str, method: MethodDescriptorProto, named: Container[str]) -> Route:
    seconds = method.options.Extensions[policy].default_deadline.ToNanoseconds() / 1e9
    return Route(
        path=path,
        backend=backend,
        deadline=seconds or None,
        idempotent=method.options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN,
        named=method.input_type in named,
        streaming=method.client_streaming or method.server_streaming,
    )
