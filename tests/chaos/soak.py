"""Call for minutes at a part of what the stack can do, and see what grows.

    python -m tests.chaos.soak --seconds 600

Callers who wait for their answers find out how many calls of all kinds a second the stack answers;
then a part of that many is made, half of them through the gateway and half to the services, and
each minute is reported. The exit code is 1 when a call was refused or failed. Resident size, open
files and connections are for the reader to judge: they should be flat after the third minute.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_client.models import MemoryMessage, MemoryRecord
from agent_memory_services.embedded.stack import Stack, StackOptions

PART = 0.7
MINUTE_SECONDS = 60.0
# Caches are full and pools have their size by then.
_SETTLED_MINUTES = 3
_FIND_SECONDS = 20.0
_CALLERS = 16
_PEOPLE = 50
_WORDS = 3000
_WORDS_SAID = 8
_SEED = 1
_MEBIBYTE = 1 << 20
_REFUSED = "RESOURCE_EXHAUSTED"


@dataclass(frozen=True)
class Size:
    """What a process takes.

    Attributes:
        resident: bytes of memory.
        files: open files of any kind.
        connections: connections over TCP that are open.
    """

    resident: int
    files: int
    connections: int


@dataclass
class Minute:
    """What happened in a minute, or in what was left of the time.

    Attributes:
        taken: seconds that answered calls took, by what they did.
        others: calls that were not answered, by what they did and the code.
        sizes: what each process took at the end.
    """

    taken: dict[str, list[float]] = field(default_factory=dict)
    others: Counter[tuple[str, str]] = field(default_factory=Counter)
    sizes: Mapping[str, Size] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """How many calls were answered."""
        return sum(map(len, self.taken.values()))

    @property
    def refused(self) -> int:
        """How many were told to come back."""
        return sum(n for (_, code), n in self.others.items() if code == _REFUSED)

    @property
    def failed(self) -> Counter[str]:
        """What became of the rest, by code."""
        failed: Counter[str] = Counter()
        for (_, code), number in self.others.items():
            if code != _REFUSED:
                failed[code] += number
        return failed

    def percentile(self, percent: int, kind: str | None = None) -> float:
        """Seconds within which so many of a hundred calls were answered."""
        kinds = self.taken if kind is None else [kind]
        taken = [seconds for each in kinds for seconds in self.taken.get(each, ())]
        if len(taken) <= 1:
            return taken[0] if taken else float("nan")
        return statistics.quantiles(taken, n=100, method="inclusive")[percent - 1]


class Callers:
    """People who talk, remember, ask and look; each call is another one's.

    Attributes:
        minute: where what becomes of calls is noted.
    """

    def __init__(self, memories: Sequence[MemoryAPIClient]) -> None:
        """Call by these in turn."""
        self._memories = cycle(memories)
        self._numbers = count()
        self._random = random.Random(_SEED)
        self.minute = Minute()
        self.kinds: Mapping[str, Callable[[MemoryAPIClient, str], Awaitable[object]]] = {
            "append": self._append,
            "read": self._read,
            "create": self._create,
            "search": self._search,
            "prompt": self._prompt,
            "list": self._list,
        }

    async def talk(self) -> None:
        """Let everybody say something, so that there is something to read."""
        memory = next(self._memories)
        for number in range(_PEOPLE):
            await self._append(memory, f"person-{number}")

    async def call(self, kind: str) -> None:
        """Make a call of a kind and note what becomes of it."""
        minute, memory = self.minute, next(self._memories)
        person = f"person-{next(self._numbers) % _PEOPLE}"
        began = time.perf_counter()
        try:
            await self.kinds[kind](memory, person)
        except MemoryClientError as error:
            minute.others[kind, error.code.name if error.code else type(error).__name__] += 1
        else:
            minute.taken.setdefault(kind, []).append(time.perf_counter() - began)

    def _said(self) -> str:
        words = self._random.choices(range(_WORDS), k=_WORDS_SAID)
        return " ".join(f"word{word}" for word in words)

    async def _append(self, memory: MemoryAPIClient, person: str) -> None:
        said = [MemoryMessage(role="user", content=f"I like {self._said()}.")]
        await memory.append_messages_to_working_memory(person, said, user_id=person)

    async def _read(self, memory: MemoryAPIClient, person: str) -> None:
        await memory.get_working_memory(person, user_id=person, recent_messages_limit=20)

    async def _create(self, memory: MemoryAPIClient, person: str) -> None:
        record = MemoryRecord(text=f"User knows {self._said()}", user_id=person)
        await memory.create_long_term_memories([record])

    async def _search(self, memory: MemoryAPIClient, person: str) -> None:
        await memory.search_long_term_memory(
            f"Who likes {self._said()}?", user_id={"eq": person}, limit=10
        )

    async def _prompt(self, memory: MemoryAPIClient, person: str) -> None:
        await memory.memory_prompt(
            f"What of {self._said()}?",
            session_id=person,
            user_id=person,
            recent_messages_limit=20,
            long_term_search=True,
        )

    async def _list(self, memory: MemoryAPIClient, person: str) -> None:
        await memory.list_sessions(user_id=person, limit=10)


async def soak(
    folder: Path,
    *,
    seconds: float,
    find_seconds: float,
    part: float = PART,
    minute_seconds: float = MINUTE_SECONDS,
    report: Callable[[int, float, Minute], None],
) -> list[Minute]:
    """Call for so many seconds at a part of the capacity; what was seen, minute by minute.

    Args:
        folder: for the state of the stack.
        seconds: how long.
        find_seconds: how long the capacity is looked for.
        part: of the capacity.
        minute_seconds: how long a minute is.
        report: told each minute's number, the calls a second that were asked for, and the minute.
    """
    minutes = []
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(Stack(StackOptions(state_dir=folder)))
        addresses: dict[str, Any] = {
            f"{name}_address": str(at) for name, at in running.services.items()
        }
        callers = Callers(
            [
                await stack.enter_async_context(
                    MemoryAPIClient(base_url=f"http://{running.address}")
                ),
                await stack.enter_async_context(MemoryAPIClient(**addresses)),
            ]
        )
        await callers.talk()
        # Twice: what is done in the background for the first calls belongs to the capacity.
        await _capacity(callers, find_seconds)
        rate = part * await _capacity(callers, find_seconds)
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            minute = callers.minute = Minute()
            await _call_at(callers, rate, min(left, minute_seconds))
            minute.sizes = _sizes(running)
            minutes.append(minute)
            report(len(minutes), rate, minute)
    return minutes


async def _capacity(callers: Callers, seconds: float) -> float:
    """Calls a second that are answered to callers who wait for their answers."""
    callers.minute = Minute()
    ends = time.monotonic() + seconds

    async def call(kinds: Iterable[str]) -> None:
        for kind in kinds:
            if time.monotonic() >= ends:
                return
            await callers.call(kind)

    kinds = list(callers.kinds)
    await asyncio.gather(
        *(call(cycle(kinds[first % len(kinds) :] + kinds)) for first in range(_CALLERS))
    )
    return callers.minute.answered / seconds


async def _call_at(callers: Callers, rate: float, seconds: float) -> None:
    """So many calls a second, whatever becomes of those before; returns when all have ended."""
    began, kinds = time.monotonic(), cycle(callers.kinds)
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(began + number / rate - time.monotonic())
            group.create_task(callers.call(next(kinds)))


def _sizes(running: Stack) -> dict[str, Size]:
    """What each process of the stack takes now."""
    sizes = {}
    for child in running._children:
        process = psutil.Process(child.pid)
        sizes[child.name] = Size(
            process.memory_info().rss, process.num_fds(), len(process.net_connections("tcp"))
        )
    return sizes


def _table(number: int, rate: float, minute: Minute) -> Table:
    table = Table(
        *("process", "resident", "open files", "connections"),
        title=(
            f"minute {number}: {minute.answered} calls answered at {rate:.0f} a second, "
            f"{minute.refused} refused, failed: {dict(minute.failed) or 'none'}; "
            f"p50 {minute.percentile(50) * 1e3:.0f} ms, p99 {minute.percentile(99) * 1e3:.0f} ms"
        ),
        caption="p50 / p99 in ms: "
        + ", ".join(
            f"{kind} {minute.percentile(50, kind) * 1e3:.0f} / "
            f"{minute.percentile(99, kind) * 1e3:.0f}"
            for kind in minute.taken
        ),
    )
    for name, size in minute.sizes.items():
        resident = f"{size.resident / _MEBIBYTE:.1f} MiB"
        table.add_row(name, resident, str(size.files), str(size.connections))
    return table


def _growth(minutes: Sequence[Minute]) -> dict[str, float]:
    """MiB a minute by which each process grew after it had settled."""
    settled = minutes[_SETTLED_MINUTES - 1 :]
    if len(settled) <= 1:
        return {}
    return {
        name: round(
            (settled[-1].sizes[name].resident - first.resident) / _MEBIBYTE / (len(settled) - 1), 2
        )
        for name, first in settled[0].sizes.items()
    }


def main() -> int:
    """Soak for as long as was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--part", type=float, default=PART, help="of the capacity")
    asked = parser.parse_args()
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="agent-memory-soak-") as folder:
        minutes = asyncio.run(
            soak(
                Path(folder),
                seconds=asked.seconds,
                find_seconds=_FIND_SECONDS,
                part=asked.part,
                report=lambda *told: console.print(_table(*told)),
            )
        )
    refused = sum(minute.refused for minute in minutes)
    failed = sum((minute.failed for minute in minutes), Counter[str]())
    console.print(f"answered: {sum(minute.answered for minute in minutes)}, refused: {refused}")
    console.print(f"failed: {dict(failed) or 'none'}")
    console.print(f"growth in MiB a minute, from minute {_SETTLED_MINUTES}: {_growth(minutes)}")
    return 1 if refused or failed else 0


if __name__ == "__main__":
    sys.exit(main())
