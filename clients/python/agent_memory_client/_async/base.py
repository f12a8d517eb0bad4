"""Parts that all methods of the client share: single calls, listings and watches."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, TypeVar

from agent_memory_client import errors
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._connection import AsyncConnection, seconds
from agent_memory_client._operations.operation import (
    Operation,
    Page,
    Watch,
    Window,
    as_it_is,
    check_window,
)

PATIENCE: Final = 60.0
"""Seconds without any answer after which a watch gives up."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

Item = TypeVar("Item")
Result = TypeVar("Result")
Fetch = Callable[[str], Awaitable[Page[Item]]]


class ClientBase:
    """A part of the client; the connection is made when the first call needs it."""

    _connection: AsyncConnection

    @property
    def config(self) -> MemoryClientConfig:
        """Settings of this client."""
        return self._connection.config

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config.base_url!r})"

    async def _send(self, operation: Operation[Any, Result], timeout: float | None) -> Result:
        return await self._connection.call(operation, timeout)

    async def _follow(
        self, watch: Watch[Any, Result], timeout: float | None
    ) -> AsyncGenerator[Result, None]:
        """Answer what a watch tells; a stream that ends is taken up after its last answer.

        Raises:
            MemoryClientError: The service refuses the watch, nobody answers for too long, or
                the time is over.
        """
        deadline = None if timeout is None else time.monotonic() + seconds(timeout)
        failing: float | None = None
        pause = _FIRST_PAUSE
        while True:
            operation: Operation[Any, Any] = Operation(watch.request, as_it_is)
            left = None if deadline is None else max(deadline - time.monotonic(), 0.001)
            try:
                async with aclosing(self._connection.stream(operation, left)) as responses:
                    async for response in responses:
                        failing, pause = None, _FIRST_PAUSE
                        watch.request.resume_token = (
                            response.resume_token or watch.request.resume_token
                        )
                        if watch.passes(response):
                            yield watch.result(response)
            except errors.MemoryClientError as error:
                failing = time.monotonic() if failing is None else failing
                if not _is_break(error) or time.monotonic() - failing > watch.patience:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(2 * pause, _LONGEST_PAUSE)


async def pages(fetch: Fetch[Item], cursor: str = "") -> AsyncIterator[Page[Item]]:
    """Fetch the pages from a cursor on, to the last."""
    while True:
        page = await fetch(cursor)
        yield page
        cursor = page.next_cursor
        if not cursor:
            return


async def window(
    fetch: Fetch[Item], limit: int, *, offset: int = 0, cursor: str | None = None
) -> Window[Item]:
    """Gather `limit` items after the first `offset`, or from a cursor on.

    Raises:
        MemoryValidationError: The limit is not positive, the offset is negative, or both an
            offset and a cursor are given.
    """
    check_window(limit, offset, cursor)
    items: list[Item] = []
    skip = offset
    async for page in pages(fetch, cursor or ""):
        kept = page.items[skip:]
        skip = max(0, skip - len(page.items))
        taken = kept[: limit - len(items)]
        items += taken
        if len(items) == limit:
            break
    inside = len(taken) < len(kept)
    more = inside or bool(page.next_cursor)
    return Window(
        items=items,
        total=page.total,
        next_cursor=None if inside else page.next_cursor or None,
        next_offset=offset + len(items) if more and cursor is None else None,
    )


def _is_break(error: errors.MemoryClientError) -> bool:
    """Tell whether a connection ended, here or at a proxy, rather than a service said no."""
    return isinstance(error, errors.MemoryUnavailableError) or (
        isinstance(error, errors.MemoryServerError | errors.MemoryCancelledError)
        and not error.reason
    )
