"""Steps that are repeated beside a block, and the end of tasks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as StoreConnectionError

from agent_memory_services.kit.contract.backoff import Backoff, retry_after_of
from agent_memory_services.kit.contract.errors import Overloaded
from agent_memory_services.kit.redis.background import Periodic, Wakeable, end, wait_for_event

HOUR = 3600.0


class Steps:
    """A step that counts, and does what is planned."""

    def __init__(self, *planned: Callable[[], Awaitable[float | None]]) -> None:
        self.count = 0
        self._planned = list(planned)
        self._counted = asyncio.Event()

    async def take(self) -> float | None:
        """One step."""
        self.count += 1
        self._counted.set()
        return await self._planned.pop(0)() if self._planned else None

    async def reach(self, count: int) -> None:
        """Wait for so many steps."""
        async with asyncio.timeout(30):
            while self.count < count:
                self._counted.clear()
                await self._counted.wait()


async def fail(error: Exception) -> None:
    """Fail."""
    raise error


async def swallow() -> None:
    """Take a cancellation for a fault of the store, as its client can."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise StoreConnectionError from None


async def test_a_step_is_repeated_while_the_block_runs() -> None:
    """The first comes at once, and none after the block."""
    steps = Steps()
    async with Periodic(steps.take, 0.0).running():
        await steps.reach(5)
    ended = steps.count
    await asyncio.sleep(0)
    assert steps.count == ended


async def test_a_step_says_when_the_next_one_comes() -> None:
    """Else the usual pause is made."""

    async def soon() -> float:
        return 0.0

    steps = Steps(soon, soon)
    async with Periodic(steps.take, HOUR).running():
        await steps.reach(3)
        await asyncio.sleep(0)
        assert steps.count == 3


async def test_whoever_wakes_a_step_under_way_gets_another_one() -> None:
    """What was done before the wake is seen by a step that began after it."""
    under_way = asyncio.Event()
    steps = Steps(under_way.wait)
    waking = Wakeable(steps.take, HOUR)
    async with waking.running():
        await steps.reach(1)
        waking.wake()
        under_way.set()
        await steps.reach(2)
        waking.wake()
        await steps.reach(3)


async def test_a_foreseen_fault_delays_the_next_step() -> None:
    """It is reported, and the block runs on."""
    reported: list[Exception] = []
    fault = StoreConnectionError()
    steps = Steps(lambda: fail(fault))
    async with Periodic(steps.take, HOUR, retry=0.0, report=reported.append).running():
        await steps.reach(2)
    assert reported == [fault]


async def test_an_unforeseen_fault_ends_the_block() -> None:
    """A process without its background work would look healthy."""
    steps = Steps(lambda: fail(LookupError("unforeseen")))
    with pytest.raises(LookupError, match="unforeseen"):
        async with asyncio.timeout(30), Periodic(steps.take, HOUR).running():
            await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_an_unforeseen_fault_is_raised_where_the_block_has_just_ended() -> None:
    """Also where nobody waited for anything when it came."""
    steps = Steps(lambda: fail(LookupError("unforeseen")))
    with pytest.raises(LookupError):
        async with Periodic(steps.take, HOUR).running():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))


async def test_the_block_of_a_cancelled_task_stays_cancelled() -> None:
    """A cancellation from outside is not taken for one of the steps'."""
    began = asyncio.Event()

    async def host() -> None:
        async with Periodic(Steps().take, 0.0).running():
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(host())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_fault_of_the_block_is_the_one_that_is_raised() -> None:
    """As it is, and not within a group."""
    with pytest.raises(KeyError):
        async with Periodic(Steps().take, 0.0).running():
            raise KeyError


async def test_a_step_that_loses_a_cancellation_ends_all_the_same() -> None:
    """The client of the store may take a cancellation for a timeout of its own."""
    steps = Steps(swallow, swallow)
    async with asyncio.timeout(30), Periodic(steps.take, 0.0, retry=0.0).running():
        await steps.reach(1)
    assert steps.count == 1


async def test_a_step_that_is_to_be_completed_is_not_cancelled() -> None:
    """What it holds can be given back afterwards."""
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        await may_end.wait()
        ended.set()

    steps = Steps(hold)
    async with Periodic(steps.take, HOUR, completes=True).running():
        await steps.reach(1)
        asyncio.get_running_loop().call_soon(may_end.set)
    assert ended.is_set()


async def test_tasks_are_cancelled_until_they_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """One cancellation may be lost."""
    monkeypatch.setattr("agent_memory_services.kit.redis.background._CANCEL_AGAIN_SECONDS", 0.001)
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while lost < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1

    tasks = [asyncio.create_task(stubborn()) for _ in range(2)]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await end(None, *tasks)
    assert all(task.done() for task in tasks)


async def test_whoever_ends_tasks_and_is_cancelled_leaves_none_behind() -> None:
    """The cancellation is kept, and raised when they are done."""
    may_end = asyncio.Event()

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.shield(may_end.wait())

    async def ending() -> None:
        try:
            await end(task)
        finally:
            assert task.done()

    task = asyncio.create_task(tidy())
    await asyncio.sleep(0)
    outer = asyncio.create_task(ending())
    await asyncio.sleep(0)
    outer.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await outer


async def test_waiting_for_an_event_has_an_end() -> None:
    """The answer tells which of the two it was."""
    event = asyncio.Event()
    assert not await wait_for_event(event, 0.0)
    event.set()
    assert await wait_for_event(event, HOUR)


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 100) | st.none())
def test_waits_double_up_to_the_longest(
    failures: int, certain: float, at_least: float | None
) -> None:
    """A part of each is random; what was asked for is a lower bound."""
    wait = Backoff(0.5, 60.0, certain).wait(failures, at_least=at_least)
    full = min(60.0, 0.5 * 2.0 ** min(failures, 10))
    least = at_least or 0.0
    assert max(full * certain, least) <= wait <= max(full, least)


def test_only_a_refusal_asks_to_wait() -> None:
    """Other errors ask for nothing."""
    assert retry_after_of(Overloaded(retry_after=2.0)) == 2.0
    assert retry_after_of(LookupError()) is None
