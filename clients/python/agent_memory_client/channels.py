"""Channels to the services: opened when first used, one set for each event loop."""

import asyncio
import threading
from collections.abc import Sequence

import grpc

from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_client.addresses import Address, parse_address
from agent_memory_client.config import MemoryClientConfig
from agent_memory_client.service_config import service_config

_MAX_RECEIVE_BYTES = 64 * 1024 * 1024
# Servers refuse pings that come more often than every 20 s.
_KEEPALIVE_MS = 30_000
_KEEPALIVE_TIMEOUT_MS = 10_000
# The default waits up to two minutes before it looks for a restarted server, and half a minute
# before it asks where the replicas are now.
_FIRST_RECONNECT_MS = 100
_MAX_RECONNECT_MS = 1_000
_MIN_RESOLUTION_MS = 1_000


class ChannelSet:
    """The channels of one event loop; services at the same address share one."""

    def __init__(self, config: MemoryClientConfig) -> None:
        channels = {url: _open(parse_address(url), config) for url in set(config.addresses)}
        working_memory, long_term_memory, extraction = (channels[url] for url in config.addresses)
        self._channels = tuple(channels.values())
        self.by_service = {
            "agent_memory.working_memory.v1.WorkingMemoryService": working_memory,
            "agent_memory.long_term_memory.v1.LongTermMemoryService": long_term_memory,
            "agent_memory.extraction.v1.ExtractionService": extraction,
        }
        self.working_memory = WorkingMemoryServiceStub(working_memory)
        self.long_term_memory = LongTermMemoryServiceStub(long_term_memory)
        self.extraction = ExtractionServiceStub(extraction)

    async def close(self) -> None:
        """Close every channel; calls under way are cancelled."""
        await asyncio.gather(*(channel.close() for channel in self._channels))


class ChannelPool:
    """One `ChannelSet` for each running loop, since a channel belongs to the loop it began in."""

    def __init__(self, config: MemoryClientConfig) -> None:
        self._config = config
        self._sets: dict[asyncio.AbstractEventLoop, ChannelSet] = {}
        self._lock = threading.Lock()

    def current(self) -> ChannelSet:
        """The channels of the running loop, opened when there are none."""
        loop = asyncio.get_running_loop()
        if (found := self._sets.get(loop)) is not None:
            return found
        with self._lock:
            self._forget_closed_loops()
            opened = self._sets[loop] = ChannelSet(self._config)
        return opened

    async def close(self) -> None:
        """Close the channels of the running loop; a later call opens new ones."""
        with self._lock:
            self._forget_closed_loops()
            found = self._sets.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.close()

    def _forget_closed_loops(self) -> None:
        # Weak keys would not do: a channel holds its loop, so no entry would ever vanish.
        for loop in [loop for loop in self._sets if loop.is_closed()]:
            del self._sets[loop]


def _open(address: Address, config: MemoryClientConfig) -> grpc.aio.Channel:
    options = _options(address)
    if not address.secure:
        return grpc.aio.insecure_channel(address.target, options)
    return grpc.aio.secure_channel(address.target, _tls(config), options)


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
            path.read_bytes() if path else None
            for path in (
                config.ca_certificate_file,
                config.client_key_file,
                config.client_certificate_file,
            )
        )
    )
