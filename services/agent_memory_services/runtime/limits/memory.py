"""How much memory this process uses, and how much it may."""

import ctypes
import resource
import time
from collections.abc import Callable
from pathlib import Path

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
    """Whether the process uses more than it should; it is measured ten times a second at most."""

    def __init__(
        self,
        max_bytes: float,
        *,
        used: Callable[[], int] = resident_bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._used = used
        self._monotonic = monotonic
        self._read_at = float("-inf")
        self._full = False

    @property
    def full(self) -> bool:
        """Whether the bound is reached, or was a tenth of a second ago."""
        now = self._monotonic()
        if now - self._read_at >= _READ_SECONDS:
            self._read_at = now
            self._full = self._used() >= self._max_bytes
        return self._full
