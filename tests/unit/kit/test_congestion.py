"""The step that settles which calls run and which wait."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent_memory.working_memory.v1 import service_pb2
from agent_memory_services.kit.contract.errors import Overloaded
from agent_memory_services.kit.contract.methods import method_policies
from agent_memory_services.kit.server.call import Call, Context
from agent_memory_services.kit.server.settings import LimitSettings
from agent_memory_services.kit.server.steps.congestion import Congestion, congestion
from tests.support.interruption import Interruption, Moment

SERVICE = service_pb2.DESCRIPTOR.services_by_name["WorkingMemoryService"]
POLICIES = method_policies(SERVICE)
READ = POLICIES[f"/{SERVICE.full_name}/GetWorkingMemory"]
PLACES = 3


@dataclass
class Caller:
    """A call that enters, and goes when it is told to."""

    step: Congestion
    call: Call
    entering: asyncio.Task[None]

    @property
    def inside(self) -> bool:
        """Whether it was let in."""
        return self.entering.done() and not self.entering.cancelled() and not self.refused

    @property
    def refused(self) -> bool:
        """Whether it was sent away."""
        done = self.entering.done() and not self.entering.cancelled()
        return done and isinstance(self.entering.exception(), Overloaded)

    def go(self) -> None:
        """Give the place back."""
        self.step.exit(self.call)


def step_of(**settings: Any) -> Congestion:
    """A step that lets few run at a time."""
    return congestion(LimitSettings(max_concurrent_calls=PLACES, **settings), POLICIES.values())


async def came(
    step: Congestion, seconds: float = 60.0, interruption: Interruption | None = None
) -> Caller:
    """A caller with so much time, who runs or waits, and may be interrupted there."""
    context = cast("Context", SimpleNamespace(time_remaining=lambda: seconds))
    call = Call(READ, context)

    async def enter() -> None:
        if (pending := step.enter(call)) is not None:
            await (interruption.around(waiting(pending)) if interruption else pending)

    async def waiting(pending: Awaitable[None]) -> None:
        await pending

    caller = Caller(step, call, asyncio.create_task(enter()))
    await asyncio.sleep(0)
    return caller


async def full(step: Congestion) -> list[Caller]:
    """Callers who have all places."""
    callers = [await came(step) for _ in range(PLACES)]
    assert all(caller.inside for caller in callers)
    return callers


async def let_in_afterwards(step: Congestion) -> None:
    """Assert that every place is there again."""
    for caller in await full(step):
        caller.go()


@pytest.mark.parametrize("slowdown", [0.0, 3.0])
async def test_who_waits_gets_the_next_place(slowdown: float) -> None:
    """Whether times are judged or not."""
    step = step_of(max_slowdown=slowdown)
    running = await full(step)
    waiting = [await came(step) for _ in range(2)]
    for caller, behind in zip(running, waiting, strict=False):
        assert not behind.entering.done()
        caller.go()
        await asyncio.wait([behind.entering])
        assert behind.inside
    for caller in (running[2], *waiting):
        caller.go()
    await let_in_afterwards(step)


async def test_a_place_is_not_given_to_who_is_leaving() -> None:
    """Even where it comes free at the same moment."""
    step = step_of()
    running = await full(step)
    waiting = [await came(step) for _ in range(PLACES)]
    for caller, behind in zip(running, waiting, strict=True):
        behind.entering.cancel()
        caller.go()
    await asyncio.wait([behind.entering for behind in waiting])
    await let_in_afterwards(step)


async def test_who_leaves_with_a_place_gives_it_back() -> None:
    """Where the place came first by a moment."""
    step = step_of()
    running = await full(step)
    waiting = [await came(step) for _ in range(PLACES)]
    for caller, behind in zip(running, waiting, strict=True):
        caller.go()
        behind.entering.cancel()
    await asyncio.wait([behind.entering for behind in waiting])
    await let_in_afterwards(step)


@pytest.mark.parametrize("moment", Moment)
async def test_a_cancellation_at_any_await_keeps_nobody_waiting(moment: Moment) -> None:
    """Those behind come in, one after the other, and every place is there afterwards."""
    for at in itertools.count():
        step, interruption = step_of(), Interruption(at, moment)
        running = deque(await full(step))
        waiting = [await came(step, interruption=interruption)]
        waiting += [await came(step) for _ in range(2 * PLACES)]
        while running:
            running.popleft().go()
            # A place may change hands as often as somebody who had it leaves.
            for _ in range(3):
                await asyncio.sleep(0)
            arrived = [caller for caller in waiting if caller.inside]
            waiting = [caller for caller in waiting if not caller.entering.done()]
            running.extend(arrived)
        assert waiting == []
        await let_in_afterwards(step)
        if not interruption.done:
            assert at
            return


async def test_who_cannot_be_answered_in_time_is_refused_without_a_place() -> None:
    """Before the deadline; the places stay what they are."""
    step = step_of()
    running = await full(step)
    late = await came(step, 0.01)
    await asyncio.wait([late.entering])
    assert late.refused
    for caller in running:
        caller.go()
    await let_in_afterwards(step)


async def test_slow_calls_of_the_past_refuse_nobody() -> None:
    """A burst may come long after a storm; calls may be quick again by now."""
    step = step_of()
    limit = step._kinds[READ.full_name].limit
    for second in range(10):
        limit.learn(100.0, time.monotonic() + second)
    assert limit.usual == 100.0
    running = await full(step)
    waiting = [await came(step, 10.0) for _ in range(PLACES)]
    assert not any(caller.refused for caller in waiting)
    for caller in (*running, *waiting):
        await asyncio.wait([caller.entering])
        assert caller.inside
        caller.go()
    await let_in_afterwards(step)


async def test_the_line_of_a_process_has_an_end() -> None:
    """One more is refused at once."""
    step = step_of(max_waiting_calls=2)
    await full(step)
    waiting = [await came(step) for _ in range(3)]
    assert [caller.refused for caller in waiting] == [False, False, True]
    for caller in waiting[:2]:
        caller.entering.cancel()
    await asyncio.wait([caller.entering for caller in waiting])
