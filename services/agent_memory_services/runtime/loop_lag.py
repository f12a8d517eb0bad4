"""How late the event loop is: what every call waits before anything happens for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import Histogram

_INTERVAL_SECONDS: Final = 0.25
_LAG: Final = Histogram(
    "agent_memory_event_loop_lag_seconds",
    "How much later than asked for the event loop comes back, four times a second.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


@asynccontextmanager
async def watched_loop() -> AsyncIterator[None]:
    """Measure the lag of the running loop until the block is left."""
    watching = asyncio.create_task(_watch())
    try:
        yield
    finally:
        watching.cancel()


async def _watch() -> None:
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + _INTERVAL_SECONDS
        await asyncio.sleep(_INTERVAL_SECONDS)
        _LAG.observe(max(0.0, clock() - due))
