"""Background work: steps that are repeated, leases on what one process does, threads that yield.

A task that uses the store is not ended by cancelling it once. The client library bounds its own
waits by cancelling them, and before Python 3.12 such a bound (`asyncio.wait_for`) can take a
cancellation from outside for its own, raise a timeout or return the answer, and lose it; the
clean-up of a connection that breaks can do the same. Therefore `end` cancels until a task is done,
and everything in this package that ends a task ends it by `end`.
"""

import asyncio
import contextvars
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.scripts import Key, script

log = structlog.get_logger()

_CANCEL_AGAIN_SECONDS: Final = 1.0
"""Pause between two cancellations of one task; its own clean-up has that long."""

Step: TypeAlias = Callable[[], Awaitable[float | None]]
"""One round of some work; returns the seconds until the next one, None for the usual pause."""


async def end(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel tasks until they are done, and keep what they raise to them.

    Raises:
        CancelledError: the caller was cancelled meanwhile; the tasks are done all the same.
    """
    left = {task for task in tasks if task is not None}
    interruption: asyncio.CancelledError | None = None
    while left:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=_CANCEL_AGAIN_SECONDS)
        except asyncio.CancelledError as error:
            interruption = error
        left = {task for task in left if not task.done()}
    if interruption is not None:
        raise interruption


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event for `seconds` at the most, and return true if it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


class Periodic:
    """A step that is repeated with a pause after each, while a block runs.

    A fault that is foreseen is reported and delays the next step. Any other one ends the block
    with it: a process that has lost its background work and answers calls would look healthy.
    """

    def __init__(
        self,
        step: Step,
        seconds: float,
        *,
        report: Callable[[Exception], None] | None = None,
        foreseen: tuple[type[Exception], ...] = (RedisError,),
        delay: float = 0.0,
        retry: float | None = None,
        completes: bool = False,
    ) -> None:
        """Plan the steps; the first begins when the block does.

        Args:
            step: the work.
            seconds: the usual pause between two steps.
            report: told of each fault that is foreseen; None for a line in the log.
            foreseen: the faults that delay the next step and no more.
            delay: seconds before the first step.
            retry: seconds after a fault; None for the usual pause.
            completes: the step under way at the end is completed; else it is cancelled.
        """
        self._step = step
        self._seconds = seconds
        self._report = report or _report
        self._foreseen = foreseen
        self._delay = delay
        self._retry = seconds if retry is None else retry
        self._completes = completes
        self._ending = asyncio.Event()
        self._woken = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Repeat the step while the block runs; afterwards no step is under way.

        Raises:
            Exception: the step met a fault that is not foreseen, and the block was cancelled.
        """
        self._ending.clear()
        steps = asyncio.create_task(self.run())
        block = _Block(asyncio.current_task(), steps)
        try:
            try:
                yield
            finally:
                block.is_left = True
                await self._end(steps)
        except asyncio.CancelledError:
            if not block.takes_cancellation():
                raise
        if _has_failed(steps):
            steps.result()

    async def _end(self, steps: asyncio.Task[None]) -> None:
        self._ending.set()
        self._woken.set()
        try:
            if self._completes:
                await asyncio.wait({steps})
        finally:
            await end(steps)

    async def run(self) -> None:
        """Repeat the step until cancelled.

        Raises:
            Exception: the step met a fault that is not foreseen.
        """
        await wait_for_event(self._ending, self._delay)
        while not self._ending.is_set():
            try:
                pause = await self._step()
            except self._foreseen as fault:
                self._report(fault)
                await wait_for_event(self._ending, self._retry)
            else:
                await self._pause(self._seconds if pause is None else pause)

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
        elif await wait_for_event(self._woken, seconds):
            self._woken.clear()


class Wakeable(Periodic):
    """A periodic step that comes sooner where somebody wakes it."""

    def wake(self) -> None:
        """Begin the next step at once; a step that is under way is followed by another."""
        self._woken.set()


_ALERT_SECONDS: Final = 30.0


class Rest:
    """The pause between two looks for what others left: short after something was found.

    Whoever has work of its own is woken. These looks are for what a process left that ended or
    has too much to do, and nothing of that kind happens in a system that is idle.
    """

    def __init__(self, seconds: float, idle_seconds: float) -> None:
        """Pause `seconds` for half a minute after something was found, then `idle_seconds`."""
        self._seconds = seconds
        self._idle_seconds = max(seconds, idle_seconds)
        self._alert_until = time.monotonic() + _ALERT_SECONDS

    def found(self) -> None:
        """There was something."""
        self._alert_until = time.monotonic() + _ALERT_SECONDS

    @property
    def seconds(self) -> float:
        """The pause from now on."""
        is_alert = time.monotonic() < self._alert_until
        return self._seconds if is_alert else self._idle_seconds


class _Block:
    """The block that steps run beside, and who is cancelled where they fail."""

    def __init__(self, host: asyncio.Task[Any] | None, steps: asyncio.Task[None]) -> None:
        self.is_left = False
        self._host = host
        self._cancelled = False
        steps.add_done_callback(self._react)

    def _react(self, steps: asyncio.Task[None]) -> None:
        if self._host is not None and not self.is_left and _has_failed(steps):
            self._cancelled = self._host.cancel()

    def takes_cancellation(self) -> bool:
        """Return true if a cancellation that arrived was this one alone; it is then undone."""
        return self._cancelled and self._host is not None and self._host.uncancel() == 0


def _report(fault: Exception) -> None:
    log.warning("background.delayed", error=type(fault).__name__)


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


_PACKAGE: Final = "agent_memory_services.kit.redis"


@script(_PACKAGE, "lua/lease")
def _lease(lease: Key, *, holder: str, milliseconds: int) -> Any:
    """Take or renew a lease; answers 1 where it is held now."""


@script(_PACKAGE, "lua/release")
def _release(lease: Key, *, holder: str) -> Any:
    """Give a lease back, where it is still held."""


_SAFETY: Final = 0.2
"""Share of a lease, at its end, in which its holder no longer relies on it."""
_RENEWALS_PER_LEASE: Final = 3


class Lease:
    """The right to do some work; it ends automatically when its holder is gone.

    A holder stops relying on it a little before that, so that two never rely on it at a time.
    """

    def __init__(self, client: Redis, key: str, seconds: float, *, holder: str = "") -> None:
        """Hold nothing yet.

        Args:
            client: the store.
            key: where the lease lies.
            seconds: how long it lasts unless it is taken again.
            holder: the name to hold it by; empty for a new one.
        """
        self._client = client
        self._key = key
        self._seconds = seconds
        self._holder = holder or new_id()
        self._until: float | None = None

    @property
    def is_held(self) -> bool:
        """It was ours when last taken, and lasts."""
        return self._until is not None and time.monotonic() < self._until

    @property
    def is_kept(self) -> bool:
        """It was ours when last taken, whether or not it lasts."""
        return self._until is not None

    async def take(self) -> bool:
        """Take or renew it, and return true if it is ours now.

        Raises:
            CancelledError: the caller was cancelled. The store has answered by then: a request
                that is on its way could take the lease after it was given back.
        """
        taking = asyncio.create_task(self._take())
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            await asyncio.gather(taking, return_exceptions=True)
            raise

    async def _take(self) -> bool:
        asked = time.monotonic()
        milliseconds = round(self._seconds * 1000)
        taken = bool(
            await _lease(self._client, self._key, holder=self._holder, milliseconds=milliseconds)
        )
        self._until = asked + self._seconds * (1 - _SAFETY) if taken else None
        return taken

    async def release(self) -> None:
        """Give it back, where it is ours."""
        self._until = None
        await _release(self._client, self._key, holder=self._holder)

    @asynccontextmanager
    async def renewed(self, report: Callable[[Exception], None]) -> AsyncIterator[None]:
        """Renew it while the block runs; `report` is told of each time the store was away."""

        async def renew() -> None:
            await self.take()

        seconds = self._seconds / _RENEWALS_PER_LEASE
        async with Periodic(renew, seconds, delay=seconds, report=report).running():
            yield


@script(_PACKAGE, "lua/census")
def _census(present: Key, *, name: str, silence: int) -> Any:
    """Say that one lives, and count those that were heard of within so many milliseconds."""


class Presence:
    """Sign of life of a process, for others of its kind and for those who wait until none is left.

    One that is killed is present until its silence has lasted; the key ends with the last one's.
    """

    def __init__(self, client: Redis, key: str, seconds: float, *, name: str = "") -> None:
        """Be absent yet.

        Args:
            client: the store.
            key: where the processes of a kind are.
            seconds: the silence after which one is gone.
            name: that of this process; empty for a new one.
        """
        self._client = client
        self._key = key
        self._seconds = seconds
        self._name = name or new_id()

    async def tell(self) -> int:
        """Say that this process lives; answers how many do."""
        milliseconds = round(self._seconds * 1000)
        count: int = await _census(self._client, self._key, name=self._name, silence=milliseconds)
        return count

    async def leave(self) -> None:
        """Be absent at once."""
        await self._client.zrem(self._key, self._name)

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Tell it while the block runs.

        Raises:
            RedisError: the store is away at the start.
        """

        async def tell() -> None:
            await self.tell()

        await tell()
        seconds = self._seconds / _RENEWALS_PER_LEASE
        try:
            async with Periodic(tell, seconds, delay=seconds).running():
                yield
        finally:
            # Where the store is away, the silence tells.
            with suppress(RedisError):
                await self.leave()


async def is_anyone_present(client: Redis, key: str) -> bool:
    """Return true if a process of the kind was heard of lately."""
    return bool(await client.exists(key))


P = ParamSpec("P")
ResultT = TypeVar("ResultT")

# A tenth of the processor where others want it, all of it where none do.
_NICER: Final = 10
_NICEST: Final = 19


def _give_way() -> None:
    # Elsewhere this would slow the whole process, and its calls with it.
    if sys.platform == "linux":
        thread = threading.get_native_id()
        ours = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(ours + _NICER, _NICEST))


_THREADS: Final = ThreadPoolExecutor(
    max_workers=os.cpu_count(), thread_name_prefix="background", initializer=_give_way
)


async def in_background(work: Callable[P, ResultT], *args: P.args, **kwargs: P.kwargs) -> ResultT:
    """Run `work` off the event loop, in a thread that yields to calls, and return its result."""
    run = partial(contextvars.copy_context().run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_THREADS, run)
