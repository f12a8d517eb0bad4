"""A service in this process, over a real gRPC connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc

from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.server import Lifespan, SettingsT


@dataclass(frozen=True, slots=True)
class Served:
    """Where a service under test is reached.

    Attributes:
        address: of the gRPC server.
        metrics_address: of its metrics, or "".
        channel: a plain channel to it: no deadline, no retry, no tenant.
    """

    address: str
    metrics_address: str
    channel: grpc.aio.Channel


@asynccontextmanager
async def serving(
    lifespan: Lifespan[SettingsT], settings: SettingsT, *, drain_seconds: float = 0.0
) -> AsyncIterator[Served]:
    """Serve on a free port of loopback until the block is left.

    What the settings say about addresses and drain does not matter: the port is always a free
    one, and calls that still run `drain_seconds` after the end are cancelled.
    """
    local = settings.model_copy(
        update={"listen": "127.0.0.1:0", "lame_duck_seconds": 0.0, "drain_seconds": drain_seconds}
    )
    async with (
        server.start(local, lifespan) as running,
        grpc.aio.insecure_channel(running.address, _OPTIONS) as channel,
    ):
        yield Served(running.address, running.metrics_address, channel)


# Channels of one process share connections by default, so that one test's would reach into the
# next one's.
_OPTIONS = [("grpc.use_local_subchannel_pool", 1)]
