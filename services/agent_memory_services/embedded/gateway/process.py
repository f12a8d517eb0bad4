"""Gateway as a child process."""

import asyncio
import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.child import Child, Started
from agent_memory_services.embedded.gateway.filters import HEALTH_PATH
from agent_memory_services.embedded.ports import require_free
from agent_memory_services.kit.contract.transport import Address

_READY_SECONDS = 20.0
_PROBE_SECONDS = 2.0
FLAGS = (
    *("--concurrency", "2"),
    # Several stacks may run beside each other; hot restart would share memory by a fixed name.
    "--disable-hot-restart",
    # Errors of single requests are logged with their path, which names users and sessions.
    *("--log-level", "warning", "--component-log-level", "http:off"),
)


class EmbeddedGateway(Started):
    """A running Envoy with one configuration; ready when every backend is healthy to it."""

    def __init__(
        self,
        state_dir: Path,
        listen: Address,
        config: Mapping[str, Any],
        *,
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Describe a gateway that keeps its configuration and log in `state_dir`.

        `config` is a bootstrap whose listener is at `listen`.
        """
        self.listen = listen
        self._state_dir = state_dir
        self._config = config
        self._pass_fds = pass_fds
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The Envoy process of the latest start."""
        if self._child is None:
            raise RuntimeError("the gateway was never started")
        return self._child

    async def start(self) -> None:
        """Start Envoy and return when it answers its health path with success.

        Raises:
            MissingBinaryError: no package carries Envoy.
            PortTakenError: another process listens on the port.
            ChildFailedError: Envoy ended, or a backend stayed unhealthy.
        """
        program = binaries.envoy()
        require_free("the gateway", *self.listen)
        command: list[str | Path] = [program, "--config-path", self.write_config(), *FLAGS]
        log = self._state_dir / "gateway.log"
        self._child = Child("the gateway", command, log=log, pass_fds=self._pass_fds)
        try:
            await self._child.start()
            await self._child.ready(self._healthy, within=_READY_SECONDS)
        except BaseException:
            await self.stop()
            raise

    def write_config(self) -> Path:
        """Write the configuration to the file that Envoy is started with, and answer its path."""
        path = self._state_dir / "envoy.json"
        path.write_text(json.dumps(self._config, indent=1))
        return path

    async def stop(self) -> None:
        """End Envoy."""
        if self._child is not None:
            await self._child.stop()

    async def _healthy(self) -> bool:
        return await asyncio.to_thread(_answers_health, self.listen)


def _answers_health(address: Address) -> bool:
    connection = http.client.HTTPConnection(*address, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", HEALTH_PATH, headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
