"""Files that others replace while we run: certificates, credentials, tables."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from agent_memory_services.kit.contract.clock import Timer

log = structlog.get_logger()

T = TypeVar("T")

_LOOK_SECONDS = 1.0


class FollowedFiles(Generic[T]):
    """The meaning of one or more files together, read again when one of them has changed.

    They are looked at once a second at most. New contents that make no sense are reported and
    the last good ones stay in force, as when a writer is half done.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        read: Callable[[], T],
        *,
        look_seconds: float = _LOOK_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read them for the first time.

        Raises:
            OSError: a file cannot be read.
            ValueError: they make no sense.
        """
        self._paths = tuple(paths)
        self._read = read
        self._rest = Timer(look_seconds, clock=monotonic)
        self._stamp = self._stamps()
        self.value = read()

    def current(self) -> T:
        """Return what the files mean now, or meant a second ago."""
        if self._rest.is_over:
            self._rest.restart()
            self._look()
        return self.value

    def _look(self) -> None:
        try:
            stamp = self._stamps()
            if stamp == self._stamp:
                return
            self.value = self._read()
        except (OSError, ValueError) as error:
            log.warning("file.unread", file=self._paths[0].name, error=type(error).__name__)
            return
        self._stamp = stamp
        log.info("file.read", file=self._paths[0].name)

    def _stamps(self) -> tuple[tuple[int, int, int], ...]:
        stats = [path.stat() for path in self._paths]
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)
