"""Child process that ends with this process."""

import asyncio
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NoReturn, Self

from agent_memory_services.embedded import bound_exec
from agent_memory_services.embedded.errors import ChildFailedError

_TAIL_BYTES = 4096
_TAIL_LINES = 15
_POLL_SECONDS = 0.02
_EARLIER_LOGS = 5


class Started(ABC):
    """Part of a stack: it is started and stopped, or runs while its context lasts."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @abstractmethod
    async def start(self) -> None:
        """Start it and return when it can be used."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop it and return when it has ended."""


class Child(Started):
    """Child process that logs to a file and never outlives us; it may end before it is killed.

    On Linux the kernel sends SIGTERM to the child when the thread that started it ends, however
    that happens; start children from a thread that lives as long as they should. Elsewhere a
    parent killed by SIGKILL leaves its children behind.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        grace: float = 10.0,
    ) -> None:
        """Describe a child; `grace` is the seconds between SIGTERM and SIGKILL.

        `env` is added to this process's environment. `pass_fds` stay open in the child.
        """
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._env = {**os.environ, **(env or {})}
        self._pass_fds = pass_fds
        self._grace = grace
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """True if the process has been started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The process id of the latest start."""
        return self._started.pid

    async def start(self) -> None:
        """Start the process; a second start appends to the log of the first.

        Raises:
            OSError: the log cannot be written.
        """
        if self._process is None:
            _set_aside(self.log)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._bound_command(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=self._env,
                pass_fds=self._pass_fds,
                # Ctrl-C in a terminal reaches the whole group; the parent alone decides the order.
                start_new_session=True,
            )

    async def stop(self) -> None:
        """Send SIGTERM, and SIGKILL when the grace has passed; return when it has ended."""
        if not self.running:
            return
        with suppress(ProcessLookupError):
            self._started.terminate()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._started.wait(), self._grace)
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End it at once by SIGKILL, as a crash would."""
        with suppress(ProcessLookupError):
            self._started.kill()
        await self._started.wait()

    async def wait(self) -> int:
        """Wait until it ends and return its exit code, negative for a signal."""
        return await self._started.wait()

    async def ready(self, probe: Callable[[], Awaitable[bool]], *, within: float) -> None:
        """Ask `probe` until it says yes.

        Raises:
            ChildFailedError: it ended first, or `within` seconds passed.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + within
        while not await probe():
            if not self.running:
                self.fail(f"ended with exit code {self._started.returncode}")
            if clock() > deadline:
                self.fail(f"was not ready within {within:g} s")
            await asyncio.sleep(_POLL_SECONDS)

    def fail(self, what: str) -> NoReturn:
        """Raise `ChildFailedError` for `what` happened, with the end of the log."""
        raise ChildFailedError(self.name, what, self.log, self.log_tail())

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    @property
    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process

    def _bound_command(self) -> list[str]:
        if sys.platform != "linux":
            return self._command
        python = [sys.executable, "-I", "-S", str(bound_exec.__file__)]
        return [*python, str(os.getpid()), *self._command]


def _set_aside(log: Path) -> None:
    """Keep the logs of earlier runs, the last one as `name.log.1`; the oldest goes."""
    if not log.is_file() or not log.stat().st_size:
        return
    numbered = [log.with_name(f"{log.name}.{age}") for age in range(1, _EARLIER_LOGS + 1)]
    for newer, older in reversed(list(pairwise([log, *numbered]))):
        if newer.exists():
            newer.replace(older)
