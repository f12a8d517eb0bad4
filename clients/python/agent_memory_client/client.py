"""The client: one object for the three services."""

import copy
from types import TracebackType
from typing import Self, Unpack

from agent_memory_client.channels import ChannelPool
from agent_memory_client.config import ClientOptions, MemoryClientConfig
from agent_memory_client.connection import Connection
from agent_memory_client.erasure import ErasureMethods
from agent_memory_client.errors import MemoryUnavailableError, invalid
from agent_memory_client.forgetting import ForgettingMethods
from agent_memory_client.health import HealthMethods
from agent_memory_client.history import HistoryMethods
from agent_memory_client.jobs import JobMethods
from agent_memory_client.long_term_memory import PromotionMethods
from agent_memory_client.prompts import PromptMethods
from agent_memory_client.session_watching import SessionWatching
from agent_memory_client.summary_views import SummaryViewMethods
from agent_memory_client.tools.catalogue import ToolSchemaMethods
from agent_memory_client.tools.resolver import ToolMethods
from agent_memory_client.transfer import TransferMethods
from agent_memory_client.validation import build
from agent_memory_client.waiting import WaitingMethods


class MemoryAPIClient(
    ToolSchemaMethods,
    ToolMethods,
    PromotionMethods,
    PromptMethods,
    SessionWatching,
    HistoryMethods,
    ForgettingMethods,
    TransferMethods,
    JobMethods,
    WaitingMethods,
    SummaryViewMethods,
    ErasureMethods,
    HealthMethods,
):
    """Memory for LLM agents.

    Making one does no I/O and needs no event loop; connections open with the first call, and
    many calls may run at once over them. The same client may serve several event loops.

    ::

        client = MemoryAPIClient(base_url="http://localhost:8000")
        await client.set_working_memory("chat", WorkingMemory(messages=[...], user_id="alice"))
        prompt = await client.memory_prompt("Where shall we eat?", session_id="chat")

    Every failure is a `MemoryClientError`; see `agent_memory_client.errors`.
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
        if isinstance(base_url, MemoryClientConfig):
            base_url, config = None, base_url
        if config is not None and (base_url is not None or options):
            raise invalid("config", "goes without other settings")
        if config is None:
            address = {} if base_url is None else {"base_url": base_url}
            config = build(MemoryClientConfig, {**address, **options})
        self._connection = Connection(config, ChannelPool(config))

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """A client with other defaults over the same connections.

        Args:
            **options: Fields of `MemoryClientConfig` that have nothing to do with connections:
                `timeout`, credentials, `tenant` and the defaults of calls.
        """
        merged = self.config.model_dump(exclude_unset=True) | options
        config = build(MemoryClientConfig, merged)
        if config.transport != self.config.transport:
            raise invalid("with_options", "addresses and certificates need a client of their own")
        other = copy.copy(self)
        other._connection = Connection(config, self._connection.pool)  # noqa: SLF001 - a copy of self
        return other

    async def aclose(self) -> None:
        """Close the connections of the running event loop; a later call opens new ones."""
        await self._connection.pool.close()

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
    health = await client.health_check()
    if not health.healthy:
        await client.aclose()
        down = ", ".join(name for name, up in health.services.items() if not up)
        raise MemoryUnavailableError(f"cannot reach {down}")
    return client
