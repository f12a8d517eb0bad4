"""Offer four times what the services can do, and see who is answered, how fast, and who is not.

    python -m tests.chaos.overload --seconds 20

First a crowd of callers finds out what the services can do; then so many times as much is offered,
whatever becomes of it. A prober in a process of its own makes a few calls all the time, so that
the times are those of the services and not of the load. The exit code is 1 when something that
was acknowledged is lost, a refusal does not say when to come back, a health check fails or a
process ends. How much longer accepted calls take is printed: a call may wait as long as its
deadline allows.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from rich.console import Console
from rich.table import Table

from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory.working_memory.v1 import service_pb2 as working
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.embedded.store import EmbeddedStore
from tests.chaos.flood import KINDS, SEED, Fate, opened
from tests.support.replicas import Replicas
from tests.support.stubs import WorkingMemoryStub

# Of each kind; together with the prober, as many as are let in without a second thought.
_CALLERS = 15
_PROBE_PAUSE_SECONDS = 0.02
_HEALTH_PAUSE_SECONDS = 0.1
_HEALTH_SECONDS = 10.0
_PAGE = 500
# Each offers twice as much as the one before, until somebody is refused.
_MOST_FLOODS = 6

Fates = Mapping[str, Fate]


@dataclass(frozen=True)
class Load:
    """What another process called: from when to when, and what became of it."""

    began: float
    ended: float
    fates: Fates

    def during(self, fate: Fate) -> list[float]:
        """How long those of somebody's answered calls took that began meanwhile."""
        return [took for began, took in fate.answers if self.began <= began < self.ended]


@dataclass
class Outcome:
    """What was seen.

    Attributes:
        alone: medians of the prober's accepted calls while nobody else called, in seconds.
        capacity: calls per second that the crowd was answered, by kind; more where nobody was
            refused at `times` as many.
        at_capacity: medians while the crowd called.
        beyond: medians while so many times as much was offered.
        flood: what became of what was offered.
        health: what health checks said meanwhile.
        ended: processes that ended by themselves.
        lost: what was acknowledged and is not there.
    """

    alone: Mapping[str, float] = field(default_factory=dict)
    capacity: Mapping[str, float] = field(default_factory=dict)
    at_capacity: Mapping[str, float] = field(default_factory=dict)
    beyond: Mapping[str, float] = field(default_factory=dict)
    flood: Fates = field(default_factory=dict)
    health: Counter[str] = field(default_factory=Counter)
    ended: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def slower(self, kind: str) -> float:
        """How many times as long accepted calls of a kind took as at capacity."""
        return self.beyond[kind] / self.at_capacity[kind]

    @property
    def accepted(self) -> int:
        """How many of the offered calls were answered."""
        return sum(len(fate.answers) for fate in self.flood.values())

    @property
    def offered(self) -> int:
        """How many calls were made at them."""
        return self.accepted + self.told_when + self.others.total()

    @property
    def told_when(self) -> int:
        """How many were told when to come back."""
        return sum(fate.told_when for fate in self.flood.values())

    @property
    def others(self) -> Counter[str]:
        """What was said to the rest, by kind of call, code and words."""
        return Counter(
            {
                f"{kind}: {said}": count
                for kind, fate in self.flood.items()
                for said, count in fate.others.items()
            }
        )

    @property
    def faults(self) -> list[str]:
        """Everything but the times that is not as it should be."""
        return [
            *(f"told {said}, {count} times" for said, count in self.others.items()),
            *(f"health {said}" for said in self.health if said != "SERVING"),
            *(f"ended {name}" for name in self.ended),
            *(f"lost {what}" for what in self.lost),
        ]


def _medians(load: Load, probed: Fates) -> dict[str, float]:
    taken = {kind: load.during(fate) for kind, fate in probed.items()}
    return {kind: statistics.median(t) if t else float("nan") for kind, t in taken.items()}


async def overload(
    folder: Path,
    *,
    times: float,
    seconds: float,
    find_seconds: float,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Offer `times` the capacity for `seconds`, after `find_seconds` of finding out what it is.

    Where nobody is refused it was more than was found: then twice as much is offered.
    """
    outcome = Outcome()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(EmbeddedStore(folder / "store", fsync="no"))
        replicas = Replicas(folder, store.url, environment or {}, count=1)
        await stack.enter_async_context(replicas.running())
        addresses = [str(replicas.of(n)[0].listen) for n in ("working_memory", "long_term_memory")]
        await _loaded(addresses, SEED, min(2.0, find_seconds), callers=_CALLERS)
        async with _watched(replicas, outcome):
            async with _probed(addresses, "alone") as alone:
                await asyncio.sleep(find_seconds / 2)
            outcome.alone = _medians(Load(0.0, float("inf"), {}), alone)
            async with _probed(addresses, "calm") as calm:
                crowd = await _loaded(addresses, "crowd", find_seconds, callers=_CALLERS)
            outcome.at_capacity = _medians(crowd, calm)
            outcome.capacity = {
                kind: len(fate.answers) / find_seconds for kind, fate in crowd.fates.items()
            }
            loads = [crowd.fates]
            while not outcome.told_when and len(loads) <= _MOST_FLOODS:
                # A machine that was busy elsewhere let the crowd find less than the capacity.
                if len(loads) > 1:
                    outcome.capacity = {kind: 2 * max(n, 1) for kind, n in outcome.capacity.items()}
                rates = ",".join(f"{kind}={times * n}" for kind, n in outcome.capacity.items())
                name = f"flood-{len(loads)}"
                async with _probed(addresses, f"storm-{len(loads)}") as storm:
                    flood = await _loaded(addresses, name, seconds, rates=rates)
                outcome.beyond, outcome.flood = _medians(flood, storm), flood.fates
                loads.append(flood.fates)
        outcome.lost = await _missing(addresses, loads)
    return outcome


async def _loaded(
    addresses: Sequence[str], name: str, seconds: float, **terms: float | str
) -> Load:
    """Let another process call."""
    terms = {"name": name, "seconds": seconds, **terms}
    options = [f"--{key}={value}" for key, value in terms.items()]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.flood", *addresses, *options),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    load: dict[str, Any] = json.loads(told)
    fates = {kind: Fate(**fate) for kind, fate in load["fates"].items()}
    return Load(load["began"], load["ended"], fates)


@asynccontextmanager
async def _probed(addresses: Sequence[str], name: str) -> AsyncIterator[Fates]:
    """Make a few calls all the time until the block is left."""
    async with AsyncExitStack() as stack:
        working_memory, long_term = addresses
        calls = await opened(stack, working_memory, long_term, name)

        async def probe(kind: str) -> None:
            while True:
                await calls.make(kind)
                await asyncio.sleep(_PROBE_PAUSE_SECONDS)

        probing = [asyncio.create_task(probe(kind)) for kind in KINDS]
        try:
            yield calls.fates
        finally:
            for task in probing:
                task.cancel()
            await asyncio.wait(probing)


@asynccontextmanager
async def _watched(replicas: Replicas, outcome: Outcome) -> AsyncIterator[None]:
    """Ask every process for its health all the time, and at the end whether it still runs."""
    processes = [replicas.of(name)[0] for name in ("working_memory", "long_term_memory")]

    async def watch(address: str) -> None:
        async with grpc.aio.insecure_channel(address) as channel:
            check = health_pb2_grpc.HealthStub(channel).Check
            while True:
                try:
                    answer = await check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
                    said = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
                except grpc.aio.AioRpcError as error:
                    said = error.code().name
                outcome.health[said] += 1
                await asyncio.sleep(_HEALTH_PAUSE_SECONDS)

    watching = [asyncio.create_task(watch(str(process.listen))) for process in processes]
    try:
        yield
    finally:
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)
        outcome.ended = [process.name for process in processes if not process.child.running]


async def _missing(addresses: Sequence[str], all_fates: Sequence[Fates]) -> list[str]:
    """What was acknowledged and is not there, once the storm is over."""
    appended = {tuple(item) for fates in all_fates for item in fates["append"].appended}
    created = {item for fates in all_fates for item in fates["create"].created}
    async with (
        grpc.aio.insecure_channel(addresses[0]) as to_working_memory,
        grpc.aio.insecure_channel(addresses[1]) as to_long_term_memory,
    ):
        sessions = WorkingMemoryServiceStub(to_working_memory)
        for session in {session for session, _ in appended}:
            async for message_id in _log(sessions, session):
                appended.discard((session, message_id))
        memories = LongTermMemoryServiceStub(to_long_term_memory)
        ids = sorted(created)
        for first in range(0, len(ids), _PAGE):
            request = long_term.BatchGetMemoriesRequest(memory_ids=ids[first : first + _PAGE])
            answer = await memories.BatchGetMemories(request, timeout=30)
            created -= {item.memory.id for item in answer.items}
    return [*(f"{session}: {said}" for session, said in appended), *created]


async def _log(stub: WorkingMemoryStub, session: str) -> AsyncIterator[str]:
    request = working.ListMessagesRequest(session_id=session, page_size=1000)
    while True:
        answer = await stub.ListMessages(request, timeout=30)
        for message in answer.messages:
            yield message.id
        if not (token := answer.next_page_token):
            return
        request.page_token = token


def _report(outcome: Outcome, times: float, seconds: float, console: Console) -> None:
    columns = ("call", "alone", "at capacity", "beyond", "beyond / at capacity", "capacity")
    table = Table(*columns, title="accepted calls of the prober, medians")
    for kind in KINDS:
        medians = (outcome.alone, outcome.at_capacity, outcome.beyond)
        table.add_row(
            kind,
            *(f"{median[kind] * 1e3:.0f} ms" for median in medians),
            f"{outcome.slower(kind):.1f}",
            f"{outcome.capacity[kind]:.0f}/s",
        )
    console.print(table)
    offered = outcome.offered / seconds / sum(outcome.capacity.values())
    console.print(
        f"offered: {offered:.1f} times the capacity for {seconds:g} s, of {times:g} asked for"
    )
    console.print(f"answered: {outcome.accepted}, told when to come back: {outcome.told_when}")
    console.print(f"told anything else: {dict(outcome.others) or 'nobody'}")
    console.print(f"health: {dict(outcome.health)}")
    console.print(f"ended: {outcome.ended or 'no process'}; lost: {outcome.lost[:5] or 'nothing'}")


def main() -> int:
    """Offer what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=float, default=4.0, help="the capacity")
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="agent-memory-overload-") as folder:
        run = overload(Path(folder), times=asked.times, seconds=asked.seconds, find_seconds=5.0)
        outcome = asyncio.run(run)
    _report(outcome, asked.times, asked.seconds, Console())
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
