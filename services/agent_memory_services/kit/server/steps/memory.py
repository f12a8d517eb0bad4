"""Step that refuses calls when the process runs out of memory."""

import asyncio
import ctypes
import resource
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.server.call import Call, Step
from agent_memory_services.kit.server.settings import LimitSettings

# Of version 2 and version 1; a file that is not there means there is no such limit.
_LIMIT_FILES = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_STATM = Path("/proc/self/statm")
# Version 1 writes "no limit" as a number near the largest.
_NO_LIMIT = 1 << 60
_READ_SECONDS = 0.1


def container_limit() -> int | None:
    """The container's memory limit in bytes, or None where there is none."""
    for path in _LIMIT_FILES:
        try:
            limit = int(path.read_text())
        except (OSError, ValueError):
            continue
        if limit < _NO_LIMIT:
            return limit
    return None


def resident_bytes() -> int:
    """The memory that this process has in use; 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def give_back() -> None:
    """Return freed memory to the system, which otherwise looks as if it were in use.

    It takes milliseconds and holds no lock of the interpreter meanwhile.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class MemoryGauge:
    """The memory of the process against a bound, measured ten times a second at most."""

    def __init__(
        self,
        max_bytes: float,
        *,
        used: Callable[[], int] = resident_bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._used = used
        self._rest = clock.Timer(_READ_SECONDS, over=True, clock=monotonic)
        self._full = False

    @property
    def full(self) -> bool:
        """True if the bound is reached, or was a tenth of a second ago."""
        if self._rest.is_over:
            self._rest.restart()
            self._full = self._used() >= self._max_bytes
        return self._full


log = structlog.get_logger()

_RETRY_SECONDS = 1.0
_GIVE_BACK_SECONDS = 2.0


class MemoryGuard(Step):
    """Lets no call begin while the process uses nearly all it may.

    What runs goes on, and health checks never come here.
    """

    name = "memory"

    def __init__(self, gauge: MemoryGauge) -> None:
        self._gauge = gauge
        self._rest = clock.Timer(_GIVE_BACK_SECONDS, over=True)

    def enter(self, call: Call) -> None:  # noqa: ARG002 - every call weighs the same
        """Refuse while memory is short."""
        if self._gauge.full:
            self._give_back()
            raise errors.Overloaded(_RETRY_SECONDS)

    def _give_back(self) -> None:
        if self._rest.is_over:
            self._rest.restart()
            log.warning("memory.short")
            asyncio.get_running_loop().run_in_executor(None, give_back)


def memory_guard(settings: LimitSettings) -> MemoryGuard | None:
    """The guard that the settings ask for; None where there is no limit to guard."""
    limit = settings.memory_limit_bytes or container_limit()
    if not limit or not settings.max_memory_fraction:
        return None
    return MemoryGuard(MemoryGauge(limit * settings.max_memory_fraction))
