"""A child process is started, watched and ended in order."""

import asyncio
import sys
from pathlib import Path

import pytest

from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.errors import ChildFailedError

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def _python(code: str, tmp_path: Path, *, grace: float = 10.0) -> Child:
    command = [sys.executable, "-c", code]
    return Child("the child", command, log=tmp_path / "log", grace=grace)


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


async def _says(child: Child, word: str) -> None:
    async def said() -> bool:
        return word in child.log_tail()

    await child.ready(said, within=120)


async def test_term_is_enough_for_a_polite_child(tmp_path: Path) -> None:
    """Stop asks first: the child ends by SIGTERM."""
    child = _python("import os, time; os.write(1, b'up\\n'); time.sleep(60)", tmp_path)
    async with child:
        await _says(child, "up")
    assert await child.wait() == -15


async def test_kill_follows_when_the_grace_is_over(tmp_path: Path) -> None:
    """A child that ignores SIGTERM ends by SIGKILL."""
    child = _python(DEAF, tmp_path, grace=0.1)
    async with child:
        await _says(child, "deaf")
    assert await child.wait() == -9


async def test_early_end_is_an_error_with_the_log(tmp_path: Path) -> None:
    """A child that ends instead of becoming ready is reported with its exit code and last words."""
    async with _python("raise SystemExit('no luck')", tmp_path) as child:
        with pytest.raises(
            ChildFailedError, match=r"the child ended with exit code 1(.|\n)*no luck"
        ):
            await _says(child, "up")


async def test_silence_is_an_error(tmp_path: Path) -> None:
    """A child that lives but never becomes ready is reported at the deadline."""

    async def never() -> bool:
        return False

    async with _python("import time; time.sleep(60)", tmp_path) as child:
        with pytest.raises(ChildFailedError, match=r"was not ready within 0.1 s"):
            await child.ready(never, within=0.1)


async def test_restart_keeps_the_log(tmp_path: Path) -> None:
    """A child that was killed can be started again, and its log goes on."""
    child = _python("import os, time; os.write(1, b'up\\n'); time.sleep(60)", tmp_path)
    async with child:
        await _says(child, "up")
        await child.kill()
        assert not child.running
        await child.start()
        await _says(child, "up\nup")


async def test_cancelled_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    """Cancelling an unhurried stop kills the child at once."""
    child = _python(DEAF, tmp_path, grace=60)
    await child.start()
    await _says(child, "deaf")
    stopping = asyncio.create_task(child.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert not child.running


async def test_logs_of_earlier_runs_are_kept(tmp_path: Path) -> None:
    """The last one under a number, the oldest no longer; a second start appends to its own."""
    for run in range(8):
        child = _python(f"print('run {run}')", tmp_path)
        for _ in range(2):
            await child.start()
            await child.wait()
    kept = {path.name: _lines(path) for path in [*tmp_path.iterdir()]}  # noqa: ASYNC240
    numbers = {"log": 7, **{f"log.{age}": 7 - age for age in range(1, 6)}}
    assert kept == {name: [f"run {run}"] * 2 for name, run in numbers.items()}
