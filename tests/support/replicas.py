"""Several processes of each service on one store, with or without a gateway before them."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from agent_memory_services.embedded.gateway.backends import envoy_address
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.descriptors import own_descriptors, services_by_backend
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.embedded.service import ServiceProcess
from agent_memory_services.embedded.stack import SERVICES
from agent_memory_services.kit.contract.transport import Address


class Replicas:
    """Processes of all services, by name and number.

    Attributes:
        targets: the replicas of each service, as a gRPC target over which calls are spread.
    """

    def __init__(
        self,
        folder: Path,
        redis_url: str,
        environment: Mapping[str, str],
        *,
        count: int = 2,
        trees: Mapping[int, Path] | None = None,
    ) -> None:
        """Describe `count` of each; those whose number has a tree run the code in it."""
        self._listens = {
            name: [Address("127.0.0.1", free_port()) for _ in range(count)] for name in SERVICES
        }
        self.targets = {
            name: "ipv4:" + ",".join(map(str, listens)) for name, listens in self._listens.items()
        }
        self._environment = {
            "AGENT_MEMORY_AUTH": "off",
            "AGENT_MEMORY_REDIS_URL": redis_url,
            "AGENT_MEMORY_METRICS_LISTEN": "",
            **{f"AGENT_MEMORY_{name}_ADDRESS".upper(): at for name, at in self.targets.items()},
            **environment,
        }
        self._folder = folder
        self._trees = trees or {}
        self._processes = {name: self._described(name) for name in SERVICES}

    def of(self, name: str) -> Sequence[ServiceProcess]:
        """The processes of a service."""
        return self._processes[name]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run all of them until the block is left."""
        async with AsyncExitStack() as stack:
            processes = [process for of_one in self._processes.values() for process in of_one]
            for process in processes:
                stack.push_async_callback(process.stop)
            await asyncio.gather(*(process.start() for process in processes))
            yield

    @asynccontextmanager
    async def gateway(self, folder: Path) -> AsyncIterator[EmbeddedGateway]:
        """A gateway in front of all of them, until the block is left."""
        listen = Address("127.0.0.1", free_port())
        firsts = {name: listens[0] for name, listens in self._listens.items()}
        config = bootstrap(own_descriptors(), listen=listen, backends=firsts, hosts=LOOPBACK_HOSTS)
        for cluster in config["static_resources"]["clusters"]:
            # A name of a cluster's DNS has an address for each; here they differ in the port.
            cluster["load_assignment"]["endpoints"][0]["lb_endpoints"] = [
                {"endpoint": {"address": envoy_address(listen)}}
                for listen in self._listens[cluster["name"]]
            ]
        async with EmbeddedGateway(folder, listen, config) as running:
            yield running

    def _described(self, name: str) -> list[ServiceProcess]:
        grpc_names = services_by_backend(own_descriptors())[name]
        return [
            ServiceProcess(
                name,
                grpc_names,
                listen=listen,
                environment={
                    **self._environment,
                    **self._code(number),
                    f"AGENT_MEMORY_{name}_LISTEN".upper(): str(listen),
                },
                log=self._folder / f"{name}-{number}.log",
            )
            for number, listen in enumerate(self._listens[name])
        ]

    def _code(self, number: int) -> dict[str, str]:
        """Which code a process imports; what is installed unless it has a tree of its own."""
        tree = self._trees.get(number)
        if tree is None:
            return {}
        return {
            "PYTHONPATH": os.pathsep.join(map(str, (tree / "services", tree / "clients/python")))
        }
