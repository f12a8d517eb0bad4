"""Which services a descriptor set holds, and which backend serves each."""

from google.protobuf.descriptor_pb2 import FileDescriptorSet

ROOT_PACKAGE = "agent_memory"


def services_by_backend(descriptors: bytes) -> dict[str, list[str]]:
    """Full names of the gRPC services in a serialized descriptor set, by the backend's name.

    The backend is the part of the package after the root: `agent_memory.extraction.v1` is served
    by `extraction`. Services of other roots (health, reflection) are not the gateway's.
    """
    found: dict[str, list[str]] = {}
    for file in FileDescriptorSet.FromString(descriptors).file:
        root, _, rest = file.package.partition(".")
        if root == ROOT_PACKAGE:
            names = [f"{file.package}.{service.name}" for service in file.service]
            found.setdefault(rest.partition(".")[0], []).extend(names)
    return {backend: names for backend, names in found.items() if names}
