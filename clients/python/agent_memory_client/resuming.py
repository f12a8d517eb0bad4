"""Streams without an end, taken up again where their connection broke."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import Message

from agent_memory_client.connection import Connection
from agent_memory_client.errors import (
    MemoryCancelledError,
    MemoryClientError,
    MemoryServerError,
    MemoryUnavailableError,
)

PATIENCE: Final = 60.0
"""Seconds without any answer after which a watch gives up."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

Response = TypeVar("Response", bound=Message)


async def resumed(
    connection: Connection,
    method: grpc.aio.UnaryStreamMultiCallable[Any, Response],
    request: Any,
    *,
    patience: float,
) -> AsyncGenerator[Response, None]:
    """The answers of a watch; where the stream ends, another one goes on after the last of them.

    Args:
        connection: Whom to ask.
        method: The watch.
        request: What to watch; its `resume_token` keeps the place.
        patience: Seconds to try again for, counted from the last answer's end.

    Raises:
        MemoryClientError: The service refuses the watch, or nobody answers for too long.
    """
    failing: float | None = None
    pause = _FIRST_PAUSE
    while True:
        try:
            async with aclosing(connection.stream(method, request)) as answers:
                async for answer in answers:
                    failing, pause = None, _FIRST_PAUSE
                    request.resume_token = _token(answer) or request.resume_token
                    yield answer
        except MemoryClientError as error:
            failing = time.monotonic() if failing is None else failing
            if not _is_break(error) or time.monotonic() - failing > patience:
                raise
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        pause = min(2 * pause, _LONGEST_PAUSE)


def _token(answer: Any) -> str:
    return str(answer.resume_token)


def _is_break(error: MemoryClientError) -> bool:
    """Whether a connection ended, here or at a proxy, rather than a service said no."""
    return isinstance(error, MemoryUnavailableError) or (
        isinstance(error, MemoryServerError | MemoryCancelledError) and not error.reason
    )
