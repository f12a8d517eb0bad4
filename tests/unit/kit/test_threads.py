"""Threads for work that nobody waits for."""

import os
import sys
import threading
from contextvars import ContextVar

import pytest

from agent_memory_services.kit.redis.background import in_background

SPOKEN: ContextVar[str] = ContextVar("spoken")


async def test_work_is_done_off_the_loop_and_knows_its_context() -> None:
    """Arguments, result and context are those of a plain call."""
    SPOKEN.set("tea")

    def work(number: int, *, twice: bool) -> tuple[str, int, int]:
        return SPOKEN.get(), number * (2 if twice else 1), threading.get_ident()

    word, number, thread = await in_background(work, 21, twice=True)
    assert (word, number) == ("tea", 42)
    assert thread != threading.get_ident()


async def test_a_failure_comes_back() -> None:
    """It is the caller's to handle."""
    with pytest.raises(ValueError, match="invalid literal"):
        await in_background(int, "x")


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux only")
async def test_its_threads_give_way_and_the_loop_does_not() -> None:
    """The thread's own priority is lower; that of the process stays."""

    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    assert await in_background(priority) == min(before + 10, 19)
    assert priority() == before
