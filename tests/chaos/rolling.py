"""Replace every process by SIGTERM while everybody calls: nobody may notice.

    python -m tests.chaos.rolling --rounds 3

Two replicas of each service, whose callers spread their calls over both by themselves. Again and
again one replica of every service is told to end, and started again. Prints what callers saw; the
exit code is 1 when a call failed, a watcher missed something, or a process did not end cleanly.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from agent_memory_client import MemoryAPIClient, MemoryClientError
from agent_memory_services.embedded.service import ServiceProcess
from agent_memory_services.embedded.stack import SERVICES
from agent_memory_services.embedded.store import EmbeddedStore
from tests.chaos.callers import Caller, Seen, say, watch
from tests.support.known import log_of
from tests.support.replicas import Replicas
from tests.support.waiting import eventually

ENVIRONMENT = {
    # Long enough for callers to hear of it on a machine that is busy with other tests.
    "AGENT_MEMORY_LAME_DUCK_SECONDS": "1",
    # The launcher kills what needs longer, and the exit code would tell.
    "AGENT_MEMORY_DRAIN_SECONDS": "10",
    # Short, so that connections end of old age as well while replicas come and go.
    "AGENT_MEMORY_MAX_CONNECTION_AGE_SECONDS": "5",
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2",
}
_CALLERS = 3
_CALLS_BETWEEN = 60
_PATIENCE_SECONDS = 60.0
_WATCHED = "watched"


@dataclass(frozen=True)
class Turn:
    """One replica of some services ends, and of some of them comes back."""

    number: int
    ended: Sequence[str] = SERVICES
    started: Sequence[str] = SERVICES


async def roll(
    folder: Path,
    turns: Sequence[Turn],
    environment: Mapping[str, str] | None = None,
    *,
    trees: Mapping[int, Path] | None = None,
) -> Seen:
    """Take turns while everybody calls, with processes that have more in their environment.

    Replicas whose number has a tree run its code.
    """
    seen, stop = Seen(), asyncio.Event()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(EmbeddedStore(folder / "store", fsync="no"))
        replicas = Replicas(folder, store.url, {**ENVIRONMENT, **(environment or {})}, trees=trees)
        await stack.enter_async_context(replicas.running())
        addresses: dict[str, Any] = {
            f"{name}_address": target for name, target in replicas.targets.items()
        }
        memory = await stack.enter_async_context(MemoryAPIClient(**addresses))
        callers = [Caller(memory, seen, f"caller-{number}") for number in range(_CALLERS)]
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch(memory, seen, _WATCHED))
            async with asyncio.TaskGroup() as calling:
                for caller in callers:
                    calling.create_task(caller.call(stop))
                calling.create_task(say(memory, seen, _WATCHED, stop))
                for turn in turns:
                    await _more_calls(seen)
                    await _end([replicas.of(name)[turn.number] for name in turn.ended], seen)
                    await _more_calls(seen)
                    back = [replicas.of(name)[turn.number] for name in turn.started]
                    await asyncio.gather(*(process.start() for process in back))
                    await _found(back)
                stop.set()
            await _compare_logs(memory, seen, callers)
            await _drain(memory, seen, [_WATCHED, *(caller.name for caller in callers)])
            with suppress(TimeoutError):
                await eventually(lambda: seen.caught_up, within=_PATIENCE_SECONDS)
            watching.cancel()
    return seen


async def _more_calls(seen: Seen) -> None:
    """Wait until everybody has called some more."""
    enough = seen.calls.total() + _CALLS_BETWEEN
    await eventually(
        lambda: bool(seen.failures) or seen.calls.total() >= enough, within=_PATIENCE_SECONDS
    )


async def _found(processes: Sequence[ServiceProcess]) -> None:
    """Wait until callers have found processes that came back.

    A rollout has the time of a long lame duck for that; here it is short.
    """
    ports = {process.listen.port for process in processes}
    await eventually(lambda: ports <= _connected_to(), within=_PATIENCE_SECONDS)


def _connected_to() -> set[int]:
    """Ports to which connections of this process lead; the library's are of either family."""
    connections = psutil.Process().net_connections("tcp")
    return {to.raddr.port for to in connections if to.status == psutil.CONN_ESTABLISHED}


async def _end(processes: Sequence[ServiceProcess], seen: Seen) -> None:
    """Tell processes to end, all at once, and note how they did."""
    await asyncio.gather(*(process.stop() for process in processes))
    seen.exits.update([await process.child.wait() for process in processes])


async def _compare_logs(memory: MemoryAPIClient, seen: Seen, callers: Sequence[Caller]) -> None:
    """What was acknowledged is in the log, once."""
    for caller in callers:
        log = await log_of(memory, caller.name)
        if [message.content for message in log] != caller.said:
            seen.failures[f"the log of {caller.name} is another one"] += 1


async def _drain(memory: MemoryAPIClient, seen: Seen, sessions: Sequence[str]) -> None:
    """What was said is extracted, although everybody who works on it was replaced meanwhile."""
    for session in sessions:
        try:
            await memory.wait_for_extraction(session, timeout=_PATIENCE_SECONDS)
        except MemoryClientError as error:
            seen.failures[f"{session} is not extracted: {error!r}"] += 1


def main() -> int:
    """Roll as often as was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1, help="how often each is replaced")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="agent-memory-rolling-") as folder:
        seen = asyncio.run(roll(Path(folder), [Turn(0), Turn(1)] * asked.rounds))
    console = Console()
    console.print(f"processes ended: {dict(seen.exits)} (exit code: how many)")
    console.print(f"calls answered: {seen.calls.total()} {dict(seen.calls)}")
    console.print(f"calls failed: {seen.failures.total()} {dict(seen.failures)}")
    console.print(f"watcher: told {len(set(seen.told))} of {len(seen.said)} messages")
    console.print(f"watcher resumed: {dict(seen.resumptions)}")
    return 0 if seen.perfect else 1


if __name__ == "__main__":
    sys.exit(main())
