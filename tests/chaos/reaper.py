"""Ends processes by SIGKILL at random moments, and starts them again."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Self

from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.errors import ChildFailedError
from agent_memory_services.embedded.stack import SERVICES, Stack
from agent_memory_services.embedded.store import EmbeddedStore

_LONGEST_LIFE_SECONDS = 5.0
_LONGEST_DEATH_SECONDS = 0.5


@dataclass(frozen=True)
class Victim:
    """A process that can be killed, and how it comes back."""

    child: Callable[[], Child]
    start: Callable[[], Awaitable[None]]

    async def kill(self) -> None:
        """End it at once."""
        await self.child().kill()

    async def revive(self) -> None:
        """Start it until it serves: as under any supervisor, a start that fails is repeated."""
        while True:
            try:
                await self.start()
            except ChildFailedError:
                await self.child().kill()
            else:
                return


class Reaper:
    """Has every victim die again and again, each at its own moments.

    Attributes:
        kills: How often each was killed.
        collapses: How often each had ended by itself, which nothing here gives it a reason to.
    """

    def __init__(self, victims: Mapping[str, Victim], chance: random.Random) -> None:
        self._victims = victims
        self._seeds = {name: chance.random() for name in victims}
        self.kills: Counter[str] = Counter(dict.fromkeys(victims, 0))
        self.collapses: Counter[str] = Counter()

    @classmethod
    def of(cls, stack: Stack, store: EmbeddedStore, chance: random.Random) -> Self:
        """One for the three services and the store."""

        async def restart_store() -> None:
            await store.child.start()
            await store.child.ready(store._complete, within=30)

        victims = {"store": Victim(lambda: store.child, restart_store)}
        for name in SERVICES:
            process = stack.processes[name]
            victims[name] = Victim(lambda process=process: process.child, process.start)  # type: ignore[misc] # binds the variable of the loop
        return cls(victims, chance)

    async def reap(self, seconds: float) -> None:
        """Kill for so long; afterwards everything runs."""
        ends = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            for name in self._victims:
                group.create_task(self._haunt(name, ends))

    async def _haunt(self, name: str, ends: float) -> None:
        chance, clock = random.Random(self._seeds[name]), asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(chance.uniform(0, _LONGEST_LIFE_SECONDS))
            if not self._victims[name].child().running:
                self.collapses[name] += 1
            elif clock() > ends:
                return
            await self._victims[name].kill()
            self.kills[name] += 1
            await asyncio.sleep(chance.uniform(0, _LONGEST_DEATH_SECONDS))
            await self._victims[name].revive()
