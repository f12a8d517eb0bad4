"""Kill one of two replicas again and again while everybody calls the gateway by JSON.

    python -m tests.chaos.killing --kills 10

Two replicas of each service behind one gateway. One process at a time is ended by SIGKILL and
started again. The exit code is 1 when more calls fail than were under way at those moments, when
one fails with anything but UNAVAILABLE and a time to wait, or when a message is lost or doubled.
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.service import ServiceProcess
from agent_memory_services.embedded.store import EmbeddedStore
from tests.integration.embedded.gateway.asking import Answer, ask
from tests.support.known import log_of
from tests.support.replicas import Replicas
from tests.support.waiting import eventually

CALLERS = 6
_VICTIMS = ("working_memory", "extraction", "working_memory", "long_term_memory")
_PATIENCE_SECONDS = 60.0
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


@dataclass
class Seen:
    """What callers were answered.

    Attributes:
        answered: calls that succeeded, by what they did.
        unavailable: calls that were told to come back, by what they did.
        wrong: calls that were told anything else, by what was said.
        said: messages that were acknowledged, by session.
        unsure: messages whose call failed, by session.
        kills: how often each service was killed.
        seconds: how long it took.
        misplaced: what is wrong with the logs.
    """

    answered: Counter[str] = field(default_factory=Counter)
    unavailable: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    said: dict[str, list[str]] = field(default_factory=dict)
    unsure: dict[str, list[str]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    misplaced: list[str] = field(default_factory=list)

    @property
    def perfect(self) -> bool:
        """Whether at most the calls under way failed, in the right words, and all is there once."""
        under_way = CALLERS * self.kills.total()
        return not self.wrong and not self.misplaced and self.unavailable.total() <= under_way


class Caller:
    """Somebody who writes, reads and asks all the time, one call after the other."""

    def __init__(self, gateway: EmbeddedGateway, seen: Seen, name: str) -> None:
        self._gateway = gateway
        self._seen = seen
        self._name = name
        self._numbers = itertools.count()
        self._said = seen.said[name] = []
        self._unsure = seen.unsure[name] = []

    async def call(self, stop: asyncio.Event) -> None:
        """Call until told to stop."""
        while not stop.is_set():
            for make in (self._append, self._read, self._remember, self._search, self._prompt):
                await make()

    async def _append(self) -> None:
        text = f"I said number {next(self._numbers)}."
        message = {"role": "user", "content": text}
        path = f"/v1/working-memory/{self._name}:append"
        answered = await self._ask("append", "POST", path, {"messages": [message]})
        (self._said if answered else self._unsure).append(text)

    async def _read(self) -> None:
        await self._ask("read", "GET", f"/v1/working-memory/{self._name}/messages?page_size=5")

    async def _remember(self) -> None:
        record = {"id": f"{self._name}-{next(self._numbers)}", "text": "User likes tea"}
        await self._ask("remember", "POST", "/v1/memories:batchCreate", {"memories": [record]})

    async def _search(self) -> None:
        await self._ask("search", "POST", "/v1/memories:search", {"query": {"text": "tea"}})

    async def _prompt(self) -> None:
        asked = {"query": "What now?", "session": {"session_id": self._name}}
        await self._ask("prompt", "POST", "/v1/memory-prompt:build", asked)

    async def _ask(self, what: str, method: str, path: str, body: object = None) -> bool:
        try:
            answer = await ask(self._gateway, method, path, body)
        except OSError as error:
            self._seen.wrong[f"{what}: {error!r}"] += 1
            return False
        if answer.status == 200:
            self._seen.answered[what] += 1
            return True
        if _is_unavailable(answer):
            self._seen.unavailable[what] += 1
        else:
            self._seen.wrong[f"{what}: {answer.status} {answer.body!r}"] += 1
        return False


def _is_unavailable(answer: Answer) -> bool:
    """Whether the caller is told to come back, and when."""
    kinds = Counter(detail["@type"] for detail in answer.json["details"])
    return answer.status == 503 and kinds[_ERROR_INFO] == kinds[_RETRY_INFO] == 1


async def kill_repeatedly(folder: Path, kills: int, *, calls_between: int = 30) -> Seen:
    """Kill so many processes while everybody calls, each after so many answered calls."""
    seen, stop = Seen(), asyncio.Event()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(EmbeddedStore(folder / "store", fsync="no"))
        replicas = Replicas(folder, store.url, {})
        await stack.enter_async_context(replicas.running())
        gateway = await stack.enter_async_context(replicas.gateway(folder))
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(Caller(gateway, seen, f"caller-{number}").call(stop))
            for number in range(kills):
                name = _VICTIMS[number % len(_VICTIMS)]
                await _more_calls(seen, calls_between)
                await _kill(replicas.of(name)[number % 2], seen, calls_between)
            await _more_calls(seen, calls_between)
            stop.set()
        seen.seconds = time.monotonic() - began
        async with MemoryAPIClient(base_url=f"http://{gateway.listen}") as memory:
            for session in seen.said:
                log = await log_of(memory, session)
                seen.misplaced += _misplaced(
                    seen.said[session],
                    seen.unsure[session],
                    [message.content for message in log],
                )
    return seen


async def _kill(process: ServiceProcess, seen: Seen, calls: int) -> None:
    """Kill a process, and start it again once so many calls were answered without it."""
    await process.child.kill()
    seen.kills[process.name] += 1
    await _more_calls(seen, calls)
    await process.start()


async def _more_calls(seen: Seen, calls: int) -> None:
    """Wait until so many more calls were answered."""
    enough = seen.answered.total() + calls
    await eventually(lambda: seen.answered.total() >= enough, within=_PATIENCE_SECONDS)


def _misplaced(said: Sequence[str], unsure: Sequence[str], logged: Sequence[str]) -> list[str]:
    """What is not in the log once, or more than once, or was never said."""
    counts = Counter(logged)
    wrong = [f"{counts[text]} times: {text}" for text in said if counts[text] != 1]
    wrong += [f"{counts[text]} times, unanswered: {text}" for text in unsure if counts[text] > 1]
    return wrong + [f"foreign: {text}" for text in counts.keys() - {*said, *unsure}]


def main() -> int:
    """Kill as often as was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=10, help="how many processes die")
    parser.add_argument(
        "--calls", type=int, default=400, help="calls before each death, and without the dead"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="agent-memory-killing-") as folder:
        seen = asyncio.run(kill_repeatedly(Path(folder), asked.kills, calls_between=asked.calls))
    console = Console(soft_wrap=True)
    console.print(f"killed: {seen.kills.total()} in {seen.seconds:.0f} s {dict(seen.kills)}")
    console.print(f"calls answered: {seen.answered.total()} {dict(seen.answered)}")
    console.print(f"told to come back: {seen.unavailable.total()} {dict(seen.unavailable)}")
    console.print(f"told anything else: {seen.wrong.total()} {dict(seen.wrong)}")
    console.print(f"not in the log once: {seen.misplaced}")
    return 0 if seen.perfect else 1


if __name__ == "__main__":
    sys.exit(main())
