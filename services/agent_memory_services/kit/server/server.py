"""The life of a server process, from its settings to its end."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

import grpc
import structlog
import uvloop
from google.protobuf import descriptor_pool
from grpc_reflection.v1alpha import reflection
from redis.asyncio import Redis

from agent_memory_services.kit.auth.api_keys.verifier import PepperError
from agent_memory_services.kit.auth.authenticator import Authenticator, open_authenticator
from agent_memory_services.kit.auth.certificates import server_credentials
from agent_memory_services.kit.contract import transport
from agent_memory_services.kit.contract.environment import AddressTakenError, SettingsError
from agent_memory_services.kit.contract.methods import method_policies
from agent_memory_services.kit.observe import logs
from agent_memory_services.kit.observe.metrics import CallMeters, exposed, watched_loop
from agent_memory_services.kit.observe.tracing.export import exported
from agent_memory_services.kit.server import health
from agent_memory_services.kit.server.health import Health
from agent_memory_services.kit.server.interceptor import CallInterceptor
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.startup import opened, own_store
from agent_memory_services.kit.server.steps.admission import Admission
from agent_memory_services.kit.server.steps.order import ordered_steps

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def on_first_signal(stop: Callable[[], None]) -> None:
    """Call `stop` at the first SIGTERM or SIGINT; a second one ends the process at once."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        stop()

    for number in _SIGNALS:
        loop.add_signal_handler(number, first)


log = structlog.get_logger()

_PACKAGES = ("working_memory", "long_term_memory", "extraction")


def _contracts() -> Iterator[str]:
    """Yield the names of all services, which a caller of the gateway asks any one of them for."""
    for package in _PACKAGES:
        module = import_module(f"agent_memory.{package}.v1.service_pb2")
        yield from (each.full_name for each in module.DESCRIPTOR.services_by_name.values())


_OPEN_SERVICES = frozenset({health.SERVICE_NAME, reflection.SERVICE_NAME})
_FLUSH_SECONDS = 0.25
# Longer than any drain: the library crashes where the grace of one `stop` is over at the moment
# another has come to its end.
_UNTIL_TOLD = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Service:
    """A service that a process serves.

    Attributes:
        full_name: the service's full name in the contracts.
        add_to_server: the generated function that registers a servicer.
        servicer: the implementation.
    """

    full_name: str
    add_to_server: Callable[[Any, grpc.aio.Server], None]
    servicer: object


SettingsT = TypeVar("SettingsT", bound=ProcessSettings)
# Everything a service owns: opened before it serves, closed after its last call.
Lifespan = Callable[[SettingsT], AbstractAsyncContextManager[Service]]


class RunningServer:
    """A server that answers calls.

    Attributes:
        address: where it listens, with the port it was given.
        metrics_address: where its metrics are, or "".
        health_address: where its health alone is, or "".
    """

    def __init__(
        self,
        server: grpc.aio.Server,
        settings: ProcessSettings,
        *,
        health: Health,
        admission: Admission,
    ) -> None:
        self.address = ""
        self.metrics_address = ""
        self.health_address = ""
        self._server = server
        self._settings = settings
        self._health = health
        self._admission = admission

    async def drain(self) -> None:
        """Stop serving without failing anybody.

        Balancers learn first and get `lame_duck_seconds` to react; then no new call is taken,
        open-ended streams end, and the others have `drain_seconds` to finish.
        """
        await self._health.set_ready(ready=False)
        await asyncio.sleep(self._settings.lame_duck_seconds)
        stopping = asyncio.create_task(self._server.stop(_UNTIL_TOLD))
        # The listener closes at once, so that no stream ends only to come back here.
        await asyncio.sleep(0)
        self._admission.end_open_streams()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._admission.quiet(_FLUSH_SECONDS)
        # What is left are watchers of our health, who would stay as long as they are let.
        flush = min(_FLUSH_SECONDS, self._settings.drain_seconds)
        await asyncio.wait([stopping], timeout=flush)
        await self._server.stop(None)
        await stopping


@asynccontextmanager
async def start(settings: SettingsT, lifespan: Lifespan[SettingsT]) -> AsyncIterator[RunningServer]:
    """Serve until the block is left, then drain.

    Raises:
        SettingsError: the store that the settings name cannot be used.
        AddressTakenError: they name an address that is taken.
    """
    async with (
        exported(settings, _traced_name(settings)),
        watched_loop(),
        _serving(settings, lifespan) as running,
    ):
        yield running


@asynccontextmanager
async def _serving(
    settings: SettingsT, lifespan: Lifespan[SettingsT]
) -> AsyncIterator[RunningServer]:
    readiness = Health()
    async with (
        own_store(settings) as store,
        # Alive and not ready while the store is waited for.
        readiness.probed_at(settings.health_listen) as health_address,
        opened(settings, store, partial(_own, settings, store, lifespan)) as (
            authenticator,
            service,
        ),
    ):
        policies = method_policies(descriptor_pool.Default().FindServiceByName(service.full_name))
        admission = Admission(settings.max_open_streams)
        meters = CallMeters(policies.values(), lambda: admission.running)
        steps = ordered_steps(
            settings,
            policies.values(),
            meters=meters,
            admission=admission,
            authenticator=authenticator,
            store=store,
        )
        interceptor = CallInterceptor(
            policies,
            steps,
            open_services=_OPEN_SERVICES,
            max_message_bytes=settings.max_message_bytes,
        )
        server = grpc.aio.server(interceptors=[interceptor], options=_options(settings))
        service.add_to_server(service.servicer, server)
        await readiness.add_to(server, service.full_name)
        if settings.reflection:
            names = {service.full_name, *_OPEN_SERVICES, *_contracts()}
            reflection.enable_server_reflection(sorted(names), server)
        running = RunningServer(server, settings, health=readiness, admission=admission)
        with exposed(settings.metrics_listen, meters) as running.metrics_address:
            running.address = transport.bind(server, settings.listen, _credentials(settings))
            running.health_address = health_address
            await server.start()
            await readiness.set_ready(ready=True)
            try:
                yield running
            finally:
                await running.drain()


@asynccontextmanager
async def _own(
    settings: SettingsT, store: Redis, lifespan: Lifespan[SettingsT]
) -> AsyncIterator[tuple[Authenticator, Service]]:
    async with (
        open_authenticator(settings, store) as authenticator,
        lifespan(settings) as service,
    ):
        yield authenticator, service


def _traced_name(settings: ProcessSettings) -> str:
    """Return the name of the process in traces, such as `agent-memory-extraction`."""
    return "-".join(["agent-memory", *settings.section.lower().split("_")]).rstrip("-")


def _options(settings: ProcessSettings) -> transport.Options:
    return [
        *transport.server_options(settings.max_message_bytes),
        *transport.aging_options(
            settings.max_connection_age_seconds, settings.max_deadline_seconds
        ),
        *transport.waiting_options(settings.max_waiting_calls, settings.max_deadline_seconds),
    ]


def _credentials(settings: ProcessSettings) -> grpc.ServerCredentials | None:
    return None if settings.tls is None else server_credentials(settings.tls)


def run(settings_type: type[SettingsT], lifespan: Lifespan[SettingsT]) -> None:
    """The whole life of a service process: serve until SIGTERM or SIGINT, drain, return.

    Raises:
        SystemExit: the settings are wrong, or the service could not start or go on.
    """
    try:
        settings = settings_type.load()
    except SettingsError as error:
        sys.exit(str(error))
    logs.configure(settings.log_level)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, lifespan))
    except Exception as error:
        if isinstance(cause := _alone(error), SettingsError | AddressTakenError | PepperError):
            log.critical("server.not_started", error=str(cause))
        else:
            log.critical("server.failed", exc_info=error)
        sys.exit(1)


def _alone(error: BaseException) -> BaseException:
    """Return the one error of a group, as which a service's background tasks pass on any."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


async def _serve(settings: SettingsT, lifespan: Lifespan[SettingsT]) -> None:
    signalled, ready, task = asyncio.Event(), asyncio.Event(), asyncio.current_task()

    def stop() -> None:
        signalled.set()
        if task is not None and not ready.is_set():
            task.cancel()

    on_first_signal(stop)
    try:
        async with start(settings, lifespan) as server:
            ready.set()
            log.info("server.ready", address=server.address, metrics=server.metrics_address)
            await signalled.wait()
            log.info("server.draining")
    except asyncio.CancelledError:
        if not signalled.is_set():
            raise
    log.info("server.stopped")
