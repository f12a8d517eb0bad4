"""Waiting for what another task or process will do."""

import asyncio
from collections.abc import Callable, Iterator


def pauses() -> Iterator[float]:
    """Seconds between looks that cost a call: few at first, as most things come soon."""
    seconds = 0.005
    while True:
        yield seconds
        seconds = min(0.1, seconds * 1.5)


async def eventually(condition: Callable[[], bool], *, within: float = 120) -> None:
    """Return as soon as the condition holds; fail when it does not in time (seconds)."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)
