"""Store, services and gateway on one machine, started and stopped together."""

import asyncio
import errno
import os
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.child import Child, Started
from agent_memory_services.embedded.errors import OpenToAllError, UnusableStateError
from agent_memory_services.embedded.gateway.bootstrap import ANY_HOST, LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.console import own_console
from agent_memory_services.embedded.gateway.descriptors import (
    own_descriptors,
    own_openapi,
    services_by_backend,
)
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ownership import own
from agent_memory_services.embedded.ports import free_port, listening, require_free
from agent_memory_services.embedded.service import ServiceProcess
from agent_memory_services.embedded.store import EmbeddedStore, Fsync, require_usable
from agent_memory_services.kit.contract.environment import PREFIX
from agent_memory_services.kit.contract.transport import Address, is_loopback

# Who is called starts before and ends after who calls.
SERVICES = ("long_term_memory", "extraction", "working_memory")

_LOOPBACK = "127.0.0.1"
_AUTH = "AGENT_MEMORY_AUTH"
_REFLECTION = "AGENT_MEMORY_REFLECTION"
_NO_AUTH = "off"
# Where a file is written and not opened, the error names none.
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """Directory and addresses of a stack; a port of 0 means any free one.

    `redis_url` names a store to use instead of starting one, and `redis_url_from` the setting that
    says so, for complaints. Without `gateway` its configuration is only written, for an Envoy of
    the user's own. With `console` it serves the console too. `environment` is added to that of the
    services, which decide by it everything else (model keys, worker counts, limits).
    """

    state_dir: Path
    host: str = _LOOPBACK
    port: int = 0
    gateway: bool = True
    console: bool = True
    service_ports: Mapping[str, int] = field(default_factory=dict)
    redis_url: str | None = None
    redis_url_from: str = "redis_url"
    store_fsync: Fsync = "everysec"
    environment: Mapping[str, str] = field(default_factory=dict)


class Stack(Started):
    """The running product; everything stops, callers first, when its context ends.

    The state directory is owned until the last process has ended; a later stack on it finds the
    same data. One object runs once.
    """

    def __init__(self, options: StackOptions) -> None:
        """Describe a stack; ports are chosen now, so that addresses are known before the start."""
        self._options = options
        self.address = listening(options.host, options.port)
        ports = {name: options.service_ports.get(name) or free_port() for name in SERVICES}
        self.services = {name: Address(_LOOPBACK, ports[name]) for name in SERVICES}
        self.metrics = {name: Address(_LOOPBACK, free_port()) for name in SERVICES}
        self.redis_url = options.redis_url
        self.processes: dict[str, ServiceProcess] = {}
        self._children: list[Child] = []
        self._lock = -1
        self._running = AsyncExitStack()

    async def start(self) -> None:
        """Start everything and return when the gateway finds every service healthy.

        Raises:
            EmbeddedError: something could not start; what had started is stopped again.
        """
        self._refuse_what_cannot_work()
        if self.redis_url is not None:
            await require_usable(self.redis_url, self._options.redis_url_from)
        try:
            async with AsyncExitStack() as starting:
                self._lock = own(self._options.state_dir)
                starting.callback(os.close, self._lock)
                if self.redis_url is None:
                    self.redis_url = await self._start_store(starting)
                await self._start_services(starting)
                await self._start_gateway(starting)
                self._running = starting.pop_all()
        except OSError as error:
            if not self._is_of_the_state(error):
                raise
            raise UnusableStateError(self._options.state_dir, error) from error

    async def stop(self) -> None:
        """Stop everything, callers before who they call."""
        await self._running.aclose()

    async def watch(self) -> NoReturn:
        """Wait until any child ends unexpectedly.

        Raises:
            ChildFailedError: always, naming the child and with the end of its log.
        """
        ends = {asyncio.create_task(child.wait()): child for child in self._children}
        try:
            ended, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ends:
                task.cancel()
        first = ended.pop()
        ends[first].fail(f"ended with exit code {first.result()}")

    def _refuse_what_cannot_work(self) -> None:
        if not is_loopback(self.address.host) and os.environ.get(_AUTH, _NO_AUTH) == _NO_AUTH:
            raise OpenToAllError(self.address.host, _AUTH)
        if self._options.gateway:
            binaries.envoy()
        require_free("the gateway", *self.address, "--port")
        for name, address in self.services.items():
            require_free(name, *address, f"--{name.replace('_', '-')}-port")

    def _is_of_the_state(self, error: OSError) -> bool:
        if error.errno in _FULL:
            return True
        folder = self._options.state_dir.absolute()
        return error.filename is not None and (
            folder == (path := Path(os.fsdecode(error.filename)).absolute())
            or folder in path.parents
            or path in folder.parents
        )

    async def _start_store(self, starting: AsyncExitStack) -> str:
        folder = self._options.state_dir / "store"
        store = EmbeddedStore(folder, fsync=self._options.store_fsync)
        await starting.enter_async_context(store)
        self._children.append(store.child)
        return store.url

    async def _start_services(self, starting: AsyncExitStack) -> None:
        descriptors = services_by_backend(own_descriptors())
        for name in SERVICES:
            process = ServiceProcess(
                name,
                descriptors[name],
                listen=self.services[name],
                environment=self._environment(name),
                log=self._options.state_dir / f"{name}.log",
                pass_fds=[self._lock],
            )
            starting.push_async_callback(process.stop)
            self.processes[name] = process
            self._children.append(process.child)
        await _all_at_once([process.start() for process in self.processes.values()])

    async def _start_gateway(self, starting: AsyncExitStack) -> None:
        config = bootstrap(
            own_descriptors(),
            listen=self.address,
            backends=self.services,
            hosts=LOOPBACK_HOSTS if is_loopback(self.address.host) else ANY_HOST,
            openapi=own_openapi(),
            console=str(own_console()) if self._options.console else "",
        )
        gateway = EmbeddedGateway(
            self._options.state_dir, self.address, config, pass_fds=[self._lock]
        )
        if not self._options.gateway:
            gateway.write_config()
            return
        await starting.enter_async_context(gateway)
        self._children.append(gateway.child)

    def _environment(self, name: str) -> dict[str, str]:
        told = {
            "listen": str(self.services[name]),
            "metrics_listen": str(self.metrics[name]),
            "redis_url": str(self.redis_url),
            # Callers are gone before a service ends: the gateway, then who calls it, end first.
            "lame_duck_seconds": "0",
            **{f"{other}_address": str(address) for other, address in self.services.items()},
        }
        # A service's own variable wins over one for all, which the environment may hold already.
        variables = {f"{PREFIX}{name}_{key}".upper(): value for key, value in told.items()}
        # Callers on loopback are trusted, unless the environment asks for more.
        chosen = {
            _AUTH: os.environ.get(_AUTH, _NO_AUTH),
            _REFLECTION: os.environ.get(_REFLECTION, "true"),
        }
        return {**chosen, **self._options.environment, **variables}


async def _all_at_once(starts: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Await all of them; the first failure is raised as itself, the others are cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            for start in starts:
                group.create_task(start)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
