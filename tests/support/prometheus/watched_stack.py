"""A stack whose processes are scraped as Prometheus would, only faster."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Final

from agent_memory_services.embedded.stack import Stack
from agent_memory_services.kit.contract.transport import Address
from tests.support.prometheus.scrapes import Scrapes

INTERVAL: Final = 15.0
"""Seconds between two scrapes, by the clock of the watch."""


class WatchedStack:
    """Its clock runs by scrapes and not by time: each is as if 15 s had passed since the last.

    So an alert that waits five minutes is seen to fire after twenty scrapes. Nothing that is
    measured in seconds by the processes themselves changes by that.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.scrapes = Scrapes()
        self.now = 0.0

    async def scrape(self) -> None:
        """Ask every process once."""
        self.now += INTERVAL
        for name, address in self.stack.metrics.items():
            target = {
                "job": "agent-memory",
                "service": name.replace("_", "-"),
                "instance": str(address),
            }
            self.scrapes.add(self.now, target, await asyncio.to_thread(_exposition, address))

    async def until(self, holds: Callable[[], bool], *, within: float = 60.0) -> None:
        """Scrape until something holds; fail when it does not within so many real seconds."""
        async with asyncio.timeout(within):
            await self.scrape()
            while not holds():
                await asyncio.sleep(0.1)
                await self.scrape()


def _exposition(address: Address) -> str | None:
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
            text: str = answer.read().decode()
    except urllib.error.URLError:
        return None
    return text
