# Generated from _async/client.py by scripts/generate.py; do not edit.
"""Synchronous client: one object for the three services."""

import copy
from types import TracebackType
from typing import Self, Unpack

import grpc

from agent_memory_client import errors
from agent_memory_client._channels import SERVICES, Channels
from agent_memory_client._config import ClientOptions, MemoryClientConfig, config_from
from agent_memory_client._connection import SyncConnection, small_read
from agent_memory_client._operations import account
from agent_memory_client._sync.extraction import ExtractionMethods
from agent_memory_client._sync.lifecycle import LifecycleMethods
from agent_memory_client._sync.tools import ToolMethods
from agent_memory_client.models import HealthCheckResponse, Principal, Statistics
from agent_memory_client.tools._definitions import ToolSchemaMethods

_SERVING = 1
_DOWN = (errors.MemoryUnavailableError, errors.MemoryTimeoutError)


class MemoryClient(ToolSchemaMethods, ToolMethods, LifecycleMethods, ExtractionMethods):
    """Memory for LLM agents, for threads, scripts and notebooks.

    Making one does no I/O; connections open with the first call, and many calls may run at once
    over them, from any number of threads. A process that is forked opens
    connections of its own.

    ::

        client = MemoryClient(base_url="http://localhost:8000")
        client.set_working_memory("chat", WorkingMemory(messages=[...], user_id="alice"))
        prompt = client.memory_prompt("Where shall we eat?", session_id="chat")

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
        self._connection = SyncConnection(settings, Channels(settings))

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
        other._connection = SyncConnection(  # noqa: SLF001 - a copy of self
            self.config.with_options(options), self._connection.channels
        )
        return other

    def health_check(self, *, timeout: float | None = None) -> HealthCheckResponse:
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
            services[name] = self._is_serving(service, timeout)
        return HealthCheckResponse(services=services)

    def get_principal(self, *, timeout: float | None = None) -> Principal:
        """Answer whom the credential stands for and what it allows, never the credential itself.

        Args:
            timeout: Seconds the call may take; the client's when absent.
        """
        return self._send(account.principal(), timeout)

    def get_statistics(self, period: str = "hour", *, timeout: float | None = None) -> Statistics:
        """Answer what extraction did for the tenant, the tokens that models took, and what waits.

        Args:
            period: `minute`, of which the last 60 are kept, or `hour`, of which the last 168 are.
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryPermissionError: The credential is confined to users or namespaces.
        """
        return self._send(account.statistics(period), timeout)

    def _is_serving(self, service: str, timeout: float | None) -> bool:
        try:
            return self._connection.health(service, timeout) == _SERVING
        except (*_DOWN, errors.MemoryNotFoundError):
            return False
        except errors.MemoryServerError as error:
            if error.code is not grpc.StatusCode.UNIMPLEMENTED:
                raise
        try:
            self._send(small_read(service), timeout)
        except _DOWN:
            return False
        return True

    def close(self) -> None:
        """Close the client for good; a later call raises an error."""
        self._connection.channels.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def create_sync_memory_client(
    base_url: str | MemoryClientConfig | None = None,
    *,
    config: MemoryClientConfig | None = None,
    **options: Unpack[ClientOptions],
) -> MemoryClient:
    """Make a client and see that the services answer; see `MemoryClient` for the arguments.

    Raises:
        MemoryUnavailableError: A service does not welcome calls; names those that do not.
    """
    client = MemoryClient(base_url, config=config, **options)
    try:
        health = client.health_check()
    except errors.MemoryClientError:
        client.close()
        raise
    if not health.healthy:
        client.close()
        down = ", ".join(name for name, up in health.services.items() if not up)
        raise errors.MemoryUnavailableError(f"cannot reach {down}")
    return client
