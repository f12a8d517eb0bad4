"""Threads for work that yields to calls."""

import asyncio
import contextvars
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

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
