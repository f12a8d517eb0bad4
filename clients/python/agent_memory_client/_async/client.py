"""Asynchronous client: one object for the three services."""

import copy
from types import TracebackType
from typing import Self, Unpack

import grpc

from agent_memory_client import errors
from agent_memory_client._async.extraction import ExtractionMethods
from agent_memory_client._async.lifecycle import LifecycleMethods
from agent_memory_client._async.tools import ToolMethods
from agent_memory_client._channels import SERVICES, Channels
from agent_memory_client._config import ClientOptions, MemoryClientConfig, config_from
from agent_memory_client._connection import AsyncConnection, small_read
from agent_memory_client._operations import account
from agent_memory_client.models import HealthCheckResponse, Principal, Statistics
from agent_memory_client.tools._definitions import ToolSchemaMethods

_SERVING = 1
_DOWN = (errors.MemoryUnavailableError, errors.MemoryTimeoutError)


class MemoryAPIClient(ToolSchemaMethods, ToolMethods, LifecycleMethods, ExtractionMethods):
    """Memory for LLM agents, for asynchronous code.

    Making one does no I/O; connections open with the first call, and many calls may run at once
    over them, from any number of event loops and threads. A process that is forked opens
    connections of its own.

    ::

        client = MemoryAPIClient(base_url="http://localhost:8000")
        await client.set_working_memory("chat", WorkingMemory(messages=[...], user_id="alice"))
        prompt = await client.memory_prompt("Where shall we eat?", session_id="chat")

    Every call takes `timeout`, the seconds that it may take instead of the client's. Every
    failure is a `MemoryClientError`; see `agent_memory_client.errors`.
    """

    def __init__(
        self,
        base_url: str | MemoryClientConfig | None = None,
        *,
        config: MemoryClientConfig | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Keep the settings; nothing is connected yet.

        Args:
            base_url: Where all three services are reached, such as `http://localhost:8000`; or a
                whole config.
            config: A whole config, instead of the other arguments.
            **options: The other fields of `MemoryClientConfig`.

        Raises:
            MemoryValidationError: A setting is unknown or wrong.
        """
        settings = config_from(base_url, config, options)
        self._connection = AsyncConnection(settings, Channels(settings))

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """Make a client with other defaults over the same connections.

        Closing one of them closes the other.

        Args:
            **options: Fields of `MemoryClientConfig` that have nothing to do with connections:
                `timeout`, credentials, `tenant` and the defaults of calls.

        Raises:
            MemoryValidationError: A setting is unknown or wrong, or belongs to connections.
        """
        other = copy.copy(self)
        other._connection = AsyncConnection(  # noqa: SLF001 - a copy of self
            self.config.with_options(options), self._connection.channels
        )
        return other

    async def health_check(self, *, timeout: float | None = None) -> HealthCheckResponse:
        """Ask each service whether it welcomes calls; one that cannot be reached does not.

        A gateway does not serve the health protocol; there a small read of each service is the
        question.

        Args:
            timeout: Seconds that each service may take; the client's when absent, or else 5.

        Raises:
            MemoryAuthenticationError: A service wants another credential.
        """
        services: dict[str, bool] = {}
        for name, service in SERVICES.items():
            services[name] = await self._is_serving(service, timeout)
        return HealthCheckResponse(services=services)

    async def get_principal(self, *, timeout: float | None = None) -> Principal:
        """Answer whom the credential stands for and what it allows, never the credential itself.

        Args:
            timeout: Seconds the call may take; the client's when absent.
        """
        return await self._send(account.principal(), timeout)

    async def get_statistics(
        self, period: str = "hour", *, timeout: float | None = None
    ) -> Statistics:
        """Answer what extraction did for the tenant, the tokens that models took, and what waits.

        Args:
            period: `minute`, of which the last 60 are kept, or `hour`, of which the last 168 are.
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryPermissionError: The credential is confined to users or namespaces.
        """
        return await self._send(account.statistics(period), timeout)

    async def _is_serving(self, service: str, timeout: float | None) -> bool:
        try:
            return await self._connection.health(service, timeout) == _SERVING
        except (*_DOWN, errors.MemoryNotFoundError):
            return False
        except errors.MemoryServerError as error:
            if error.code is not grpc.StatusCode.UNIMPLEMENTED:
                raise
        try:
            await self._send(small_read(service), timeout)
        except _DOWN:
            return False
        return True

    async def aclose(self) -> None:
        """Close the client for good; a later call, from any event loop, raises an error."""
        self._connection.channels.close()

    close = aclose

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


async def create_memory_client(
    base_url: str | MemoryClientConfig | None = None,
    *,
    config: MemoryClientConfig | None = None,
    **options: Unpack[ClientOptions],
) -> MemoryAPIClient:
    """Make a client and see that the services answer; see `MemoryAPIClient` for the arguments.

    Raises:
        MemoryUnavailableError: A service does not welcome calls; names those that do not.
    """
    client = MemoryAPIClient(base_url, config=config, **options)
    try:
        health = await client.health_check()
    except errors.MemoryClientError:
        await client.aclose()
        raise
    if not health.healthy:
        await client.aclose()
        down = ", ".join(name for name, up in health.services.items() if not up)
        raise errors.MemoryUnavailableError(f"cannot reach {down}")
    return client
