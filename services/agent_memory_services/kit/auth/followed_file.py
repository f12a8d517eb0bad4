"""Files that others replace while we run: certificates, credentials, tables."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

_LOOK_SECONDS = 1.0


class FollowedFiles(Generic[T]):
    """What one or more files together mean, read again when one of them has changed.

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
        self._look_seconds = look_seconds
        self._monotonic = monotonic
        self._looked = monotonic()
        self._stamp = self._stamps()
        self.value = read()

    def current(self) -> T:
        """What the files mean now, or a second ago."""
        now = self._monotonic()
        if now - self._looked >= self._look_seconds:
            self._looked = now
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
