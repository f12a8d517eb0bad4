"""Calls to a running stack, made from a seed, and what they find."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.fuzz.calls.world import World

_TIDY_EVERY = 1000
_TRIES = 150
_SHRINK_SECONDS = 40.0
_LONGEST = 3
_SHOWN = 1500


class Case(Protocol):
    """One call."""

    async def send(self, world: World, outcomes: Counter[str]) -> list[str]:
        """Make the call and count how it ended; its faults."""

    def smaller(self) -> Iterator["Case"]:
        """The same call with less in it."""

    def text(self) -> str:
        """The call as a person can repeat it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault and the call that showed it.

    Attributes:
        fault: what is wrong.
        number: of the call, under the seed.
        case: the call, as small as it could be made.
        alone: the call shows it by itself.
    """

    fault: str
    number: int
    case: Case
    alone: bool = True

    def __str__(self) -> str:
        alone = "" if self.alone else " (not by itself)"
        return f"{self.fault}{alone}, call {self.number}:\n{self.case.text()[:_SHOWN]}"


@dataclass
class Tally:
    """What a run did and found."""

    seed: int
    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    longest: list[tuple[float, str]] = field(default_factory=list)

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        scripts = [f"{ms:.0f} ms {words[:120]}" for ms, words in self.slowest[:3]]
        longest = [f"{seconds:.1f} s {words[:120]}" for seconds, words in self.longest]
        told = f"seed {self.seed}, {self.calls} calls: {outcomes}"
        return "\n  ".join([told, "slowest scripts:", *scripts, "longest calls:", *longest])

    def note(self, seconds: float, case: Case) -> None:
        """Remember a call that took longer than most."""
        if len(self.longest) < _LONGEST or seconds > self.longest[-1][0]:
            told = (seconds, case.text()[:200])
            self.longest = sorted([*self.longest, told], reverse=True)[:_LONGEST]

    def check(self, script_ms: float) -> None:
        """Fail with everything that was found.

        Raises:
            AssertionError: something was.
        """
        slow = [f"a script took {ms:.0f} ms: {words}" for ms, words in self.slowest[:3]
            if ms > script_ms]  # fmt: skip
        found = [*map(str, self.findings.values()), *self.faults, *slow]
        if found:
            raise AssertionError(f"seed {self.seed}, {self.calls} calls\n" + "\n\n".join(found))


@dataclass(frozen=True)
class CallTarget:
    """Calls of one kind.

    Attributes:
        name: what the command calls it.
        make: the call of a number; it follows from what it is given and from what is known.
        at_once: how many calls run at a time; more where most of them wait.
    """

    name: str
    make: Callable[[World, int, random.Random], Case]
    at_once: int = 6

    async def run(
        self, world: World, seed: int, *, calls: float = float("inf"), seconds: float = float("inf")
    ) -> Tally:
        """Make so many calls, or as many as fit the time, and look at the stack after them."""
        tally, ends = Tally(seed), time.monotonic() + seconds
        running: dict[int, Case] = {}

        async def caller() -> None:
            while tally.calls < calls and time.monotonic() < ends:
                number = tally.calls
                tally.calls += 1
                chance = random.Random(f"{seed}/{number}")
                case = running[number] = self.make(world, number, chance)
                begins = time.monotonic()
                for fault in await case.send(world, tally.outcomes):
                    tally.findings.setdefault(fault, Finding(fault, number, case))
                tally.note(time.monotonic() - begins, case)
                del running[number]
                if number % _TIDY_EVERY == _TIDY_EVERY - 1:
                    await world.tidy()

        async with asyncio.TaskGroup() as group:
            guard = asyncio.create_task(_guarded(world, tally, running))
            for _ in range(self.at_once):
                group.create_task(caller())
        guard.cancel()
        await asyncio.wait([guard])
        await self._settle(world, tally)
        return tally

    async def _settle(self, world: World, tally: Tally) -> None:
        """Make what was found small, and see whether the stack is well."""
        ends = time.monotonic() + _SHRINK_SECONDS
        for fault, finding in tally.findings.items():
            tally.findings[fault] = await _shrunk(world, finding, ends)
        tally.faults += await world.faults()
        tally.faults += world.logged_faults()
        tally.slowest = (await world.scripts())[:5]


async def _guarded(world: World, tally: Tally, running: dict[int, Case]) -> None:
    """Look every second for a script that does not end, and end it."""
    while True:
        await asyncio.sleep(1)
        if (busy := await world.ended_script()) is not None:
            calls = "\n".join(case.text()[:_SHOWN] for case in running.values())
            tally.faults.append(f"{busy}\nwhile these ran:\n{calls}")


async def _shrunk(world: World, finding: Finding, ends: float) -> Finding:
    """The smallest call found in some tries, and in time, that shows the same."""
    if time.monotonic() > ends:
        return finding
    unheard: Counter[str] = Counter()
    if finding.fault not in await finding.case.send(world, unheard):
        return Finding(finding.fault, finding.number, finding.case, alone=False)
    case, tries = finding.case, 0
    progress = True
    while progress:
        progress = False
        for less in case.smaller():
            tries += 1
            if tries > _TRIES or time.monotonic() > ends:
                break
            if finding.fault in await less.send(world, unheard):
                case, progress = less, True
                break
    return Finding(finding.fault, finding.number, case)
