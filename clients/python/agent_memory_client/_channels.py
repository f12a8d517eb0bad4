"""Methods of the contracts, and the channels to the services that carry them.

A channel is opened when first used, and shared by threads and event loops. It is gRPC's channel for
threads, for both clients: one of its channels for asyncio belongs to one event loop and does not
outlive a fork.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import thread as pool_threads
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final
from weakref import WeakSet

import grpc
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc._cython import cygrpc  # type: ignore[attr-defined] # compiled

from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term_memory
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory_client._config import Address, MemoryClientConfig, parse_address
from agent_memory_client.errors import MemoryStateError, invalid

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


SERVICES: Final[Mapping[str, str]] = {
    "working_memory": "agent_memory.working_memory.v1.WorkingMemoryService",
    "long_term_memory": "agent_memory.long_term_memory.v1.LongTermMemoryService",
    "extraction": "agent_memory.extraction.v1.ExtractionService",
}
"""Full names of the services by their short ones, in the order of `config.addresses`."""

_MAX_RECEIVE_BYTES = 64 * 1024 * 1024
# Servers refuse pings that come more often than every 20 s.
_KEEPALIVE_MS = 30_000
_KEEPALIVE_TIMEOUT_MS = 10_000
# The default waits up to two minutes before it looks for a restarted server, and half a minute
# before it asks where the replicas are now.
_FIRST_RECONNECT_MS = 100
_MAX_RECONNECT_MS = 1_000
_MIN_RESOLUTION_MS = 1_000


class Channels:
    """Channels of a client and its copies, by service; services at one address share one."""

    def __init__(self, config: MemoryClientConfig) -> None:
        self._config = config
        self._addresses = dict(zip(SERVICES.values(), config.addresses, strict=True))
        self._lock = threading.Lock()
        self._open: dict[str, grpc.Channel] = {}
        self._callables: dict[str, Any] = {}
        self._closed = False
        _ALL.add(self)

    def of(self, service: str) -> grpc.Channel:
        """Answer the channel of a service, opened when there is none.

        Raises:
            MemoryStateError: The client is closed.
            MemoryValidationError: A certificate cannot be read.
        """
        url = self._addresses[service]
        with self._lock:
            if self._closed:
                raise closed()
            if (channel := self._open.get(url)) is None:
                channel = self._open[url] = _open(parse_address(url), self._config)
        return channel

    def unary(self, method: Method) -> "grpc.UnaryUnaryMultiCallable[Any, Any]":
        """Answer what calls a method of one request and one response."""
        return self._callable(method, lambda channel: channel.unary_unary)  # type: ignore[no-any-return]

    def stream(self, method: Method) -> "grpc.UnaryStreamMultiCallable[Any, Any]":
        """Answer what calls a method whose responses are a stream."""
        return self._callable(method, lambda channel: channel.unary_stream)  # type: ignore[no-any-return]

    def upload(self, method: Method) -> "grpc.StreamUnaryMultiCallable[Any, Any]":
        """Answer what calls a method whose requests are a stream."""
        return self._callable(method, lambda channel: channel.stream_unary)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close for good; calls under way are cancelled."""
        with self._lock:
            channels, self._open, self._closed = self._open, {}, True
            self._callables = {}
        for channel in channels.values():
            channel.close()

    def abandon(self) -> None:
        """Let go of what a forked process inherited: new channels are opened when needed."""
        # The lock may be held by a thread that is no more. To close or free a parent's channel
        # would touch its connection.
        self._lock = threading.Lock()
        _INHERITED.extend(self._open.values())
        _INHERITED.append(self._callables)
        self._open, self._callables = {}, {}

    def _callable(self, method: Method, kind: Callable[[grpc.Channel], Any]) -> Any:
        if (found := self._callables.get(method.path)) is None:
            found = kind(self.of(method.service))(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
            self._callables[method.path] = found
        return found


_ALL: Final[WeakSet[Channels]] = WeakSet()
_INHERITED: Final[list[object]] = []


def _abandon_all() -> None:
    for channels in list(_ALL):
        channels.abandon()
    # Before Python 3.14 a child that a pool's thread forks ends by joining that thread, which is
    # itself, and fails (python/cpython#88110). `asyncio.to_thread` runs in such a pool.
    vars(pool_threads).get("_threads_queues", {}).clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
    if "GRPC_ENABLE_FORK_SUPPORT" not in os.environ:
        # With it a fork waits until no thread is in gRPC's core, and calls go on afterwards. gRPC
        # reads the variable when it is imported, which was before this.
        vars(cygrpc)["_GRPC_ENABLE_FORK_SUPPORT"] = True


def closed() -> MemoryStateError:
    """Make the error of a call after the client was closed."""
    return MemoryStateError("the client is closed; make another one")


def _open(address: Address, config: MemoryClientConfig) -> grpc.Channel:
    options = _options(address)
    if not address.secure:
        return grpc.insecure_channel(address.target, options)
    return grpc.secure_channel(address.target, _tls(config), options)


def _options(address: Address) -> Sequence[tuple[str, str | int]]:
    options: list[tuple[str, str | int]] = [
        ("grpc.service_config", service_config().named_calls_json),
        ("grpc.max_receive_message_length", _MAX_RECEIVE_BYTES),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.initial_reconnect_backoff_ms", _FIRST_RECONNECT_MS),
        ("grpc.max_reconnect_backoff_ms", _MAX_RECONNECT_MS),
        ("grpc.dns_min_time_between_resolutions_ms", _MIN_RESOLUTION_MS),
        # A server that another client of this process found away may be back by now.
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if address.loopback:
        options.append(("grpc.enable_http_proxy", 0))
    return options


def _tls(config: MemoryClientConfig) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(
        *(
            _read(config, name)
            for name in ("ca_certificate_file", "client_key_file", "client_certificate_file")
        )
    )


def _read(config: MemoryClientConfig, name: str) -> bytes | None:
    path = getattr(config, name)
    try:
        return path.read_bytes() if path else None
    except OSError as error:
        raise invalid(name, f"cannot be read: {error.strerror}") from error
