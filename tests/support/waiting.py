"""Waiting for what another task or process will do."""

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], bool], *, within: float = 30.0) -> None:
    """Return as soon as the condition holds; fail when it does not in time (seconds)."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)
