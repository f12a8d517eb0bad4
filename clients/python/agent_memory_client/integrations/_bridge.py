"""Parts that adapters share: one code for callers with and without an event loop, and names."""

import hashlib
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from agent_memory_client import MemoryAPIClient, MemoryClient, MemoryClientConfig
from agent_memory_client._config import config_from

Result = TypeVar("Result")


class Clients:
    """Both clients of one configuration; neither connects before its first call.

    Attributes:
        config: the configuration.
        waiting: client for coroutines of an event loop.
    """

    def __init__(self, base_url: str | MemoryClientConfig | None, **options: Any) -> None:
        self.config = config_from(base_url, None, options)
        self.waiting: Any = MemoryAPIClient(self.config)
        self._blocking = MemoryClient(self.config)

    @property
    def now(self) -> Any:
        """Client for coroutines that `run_now` runs."""
        return _Now(self._blocking)

    async def aclose(self) -> None:
        """Close the connections of both."""
        await self.waiting.aclose()
        self._blocking.close()


class _Now:
    """Methods of the synchronous client as coroutines that never wait."""

    def __init__(self, client: MemoryClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            return method(*arguments, **named)

        return call


def run_now(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that waits for nothing but the client `now`; answers its result.

    Raises:
        RuntimeError: It waits for something else.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise RuntimeError("the coroutine waits, and there is no event loop")


def derived_id(*parts: str) -> str:
    """Derive the id of a memory from what names it elsewhere; the same for the same parts."""
    spelled = json.dumps(parts, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()[:40]
