"""Child process that runs one of the three services."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.errors import ChildFailedError, NotStartedError
from agent_memory_services.embedded.ports import require_free
from agent_memory_services.kit.contract.environment import PREFIX
from agent_memory_services.kit.contract.transport import Address

_READY_SECONDS = 60.0
_PROBE_SECONDS = 1.0
_GRACE_SECONDS = 20.0


class ServiceProcess:
    """A service at a fixed address, which can be killed and started again."""

    def __init__(
        self,
        name: str,
        grpc_names: Sequence[str],
        *,
        listen: Address,
        environment: Mapping[str, str],
        log: Path,
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Describe the process of service `name`, ready when healthy under all `grpc_names`."""
        self.name = name
        self.listen = listen
        self._grpc_names = grpc_names
        command = [sys.executable, "-m", "agent_memory_services", name.replace("_", "-")]
        self.child = Child(
            name, command, log=log, env=environment, pass_fds=pass_fds, grace=_GRACE_SECONDS
        )

    async def start(self) -> None:
        """Start the process and return when it serves.

        Raises:
            CannotListenError: another process listens on the port.
            NotStartedError: the process said why it cannot start.
            ChildFailedError: the process ended, or was not ready in time.
        """
        require_free(self.name, *self.listen)
        await self.child.start()
        async with grpc.aio.insecure_channel(str(self.listen)) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            try:
                await self.child.ready(lambda: self._serving(stub), within=_READY_SECONDS)
            except ChildFailedError as error:
                if why := _reason(error.tail):
                    raise NotStartedError(self.name, why, error.log) from None
                raise

    async def stop(self) -> None:
        """Let it finish what it is doing, then end it."""
        await self.child.stop()

    async def _serving(self, stub: health_pb2_grpc.HealthStub) -> bool:
        serving = health_pb2.HealthCheckResponse.SERVING
        try:
            for name in self._grpc_names:
                request = health_pb2.HealthCheckRequest(service=name)
                answer = await stub.Check(request, timeout=_PROBE_SECONDS, wait_for_ready=True)
                if answer.status != serving:
                    return False
        except grpc.aio.AioRpcError:
            return False
        return True


def _reason(tail: str) -> str:
    """Return what a service says that cannot start for its settings; nothing for other ends."""
    lines = tail.splitlines()
    if lines and lines[-1].startswith("{"):
        try:
            event = json.loads(lines[-1])
        except ValueError:
            return ""
        return str(event["error"]) if event.get("event") == "server.not_started" else ""
    # Before it knows how to log it names each setting that is wrong, in a line of its own.
    return "; ".join(lines) if all(line.startswith(PREFIX) for line in lines) else ""
