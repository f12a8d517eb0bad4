"""The synchronous client behind the face of the other one, so that tests are written once."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Generator
from functools import wraps
from typing import Any

from agent_memory_client import MemoryClient

_END = object()


class Awaited:
    """A synchronous client whose methods are awaited: each runs in a thread, without a loop."""

    def __init__(self, client: MemoryClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name == "with_options":
            return lambda **options: Awaited(found(**options))
        if not inspect.ismethod(found):
            return found
        if inspect.isgeneratorfunction(found):
            return wraps(found)(lambda *args, **kwargs: _iterated(found(*args, **kwargs)))

        async def run(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(found, *args, **kwargs)

        return run


async def _iterated(items: Generator[Any, None, None]) -> AsyncIterator[Any]:
    try:
        while (item := await asyncio.to_thread(next, items, _END)) is not _END:
            yield item
    finally:
        items.close()
