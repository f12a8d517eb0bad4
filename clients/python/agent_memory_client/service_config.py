"""Deadlines and retries, as the contracts declare them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from google.protobuf.descriptor import FileDescriptor

from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term_memory
from agent_memory.working_memory.v1 import service_pb2 as working_memory

_FILES: tuple[FileDescriptor, ...] = (
    working_memory.DESCRIPTOR,
    long_term_memory.DESCRIPTOR,
    extraction.DESCRIPTOR,
)


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """What the contracts say about calls.

    Attributes:
        channel_json: The gRPC service config for any stub: load balancing, and retries of the
            calls that may be repeated as they are.
        named_calls_json: The same for who gives every call its own `request_id`, as this client
            does: changes are retried too.
        deadlines: Seconds a call may take, by the full name of its request message. A stream
            without a deadline is absent.
        paths: `/package.Service/Method`, by the full name of the request message.
    """

    channel_json: str
    named_calls_json: str
    deadlines: Mapping[str, float]
    paths: Mapping[str, str]


@cache
def service_config() -> ServiceConfig:
    """Read the config that is generated from the contracts, once."""
    text = resources.files("agent_memory").joinpath("service_config.json").read_text("utf-8")
    content = json.loads(text)
    by_path: dict[str, float] = content["deadlines_seconds"]
    paths = _paths_by_request()
    deadlines = {request: by_path[path] for request, path in paths.items() if path in by_path}
    return ServiceConfig(
        json.dumps(content["service_config"]),
        json.dumps(content["named_calls_service_config"]),
        deadlines,
        paths,
    )


def _paths_by_request() -> dict[str, str]:
    """Path of each method by its request, which no two methods share."""
    return {
        method.input_type.full_name: f"/{service.full_name}/{method.name}"
        for file in _FILES
        for service in file.services_by_name.values()
        for method in service.methods
    }
