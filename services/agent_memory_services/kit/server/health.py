"""The standard health service: readiness by "" and the service's name, and liveness apart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from agent_memory_services.kit.contract.transport import bind, server_options

LIVENESS = "liveness"
_MAX_PROBE_BYTES = 4096
SERVICE_NAME: str = health.SERVICE_NAME

_Status = health_pb2.HealthCheckResponse


class Health:
    """The health of a process, as it tells others.

    Readiness is set by hand as the process comes and goes, and never by another system's state:
    one hiccup of the store must not take every replica out at once. Liveness holds from start
    to end, drain included.
    """

    def __init__(self) -> None:
        """Know nothing of a service yet."""
        self._names = [""]
        self._servicer = health.aio.HealthServicer()

    async def add_to(self, server: grpc.aio.Server, service: str) -> None:
        """Serve it beside a service, by the full name of that one too."""
        self._names.append(service)
        await self._begin()
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    @asynccontextmanager
    async def probed_at(self, listen: str) -> AsyncIterator[str]:
        """Serve it alone, in plain text; yields the address, or "" where `listen` is empty.

        Probes of an orchestrator speak no TLS and have no certificate.

        Raises:
            OSError: the address is taken.
        """
        if not listen:
            yield ""
            return
        await self._begin()
        server = grpc.aio.server(options=server_options(_MAX_PROBE_BYTES))
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        address = bind(server, listen, None)
        await server.start()
        try:
            yield address
        finally:
            await server.stop(None)

    async def _begin(self) -> None:
        """Be alive and not ready."""
        await self._servicer.set(LIVENESS, _Status.SERVING)
        await self.set_ready(ready=False)

    async def set_ready(self, *, ready: bool) -> None:
        """Tell balancers to send calls here, or to stop."""
        for name in self._names:
            await self._servicer.set(name, _Status.SERVING if ready else _Status.NOT_SERVING)
