"""The demonstration is a test of its own: it exits 0 only if every step showed what it should."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "agent_memory_services", "demo")


async def demonstrate(screenplay: Path) -> tuple[int | None, str]:
    """Run the demonstration without a model's key; its exit status and what it printed."""
    keyless = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        str(screenplay),
        env=keyless,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def test_the_demonstration_shows_what_it_should() -> None:
    """The shipped conversations become memories and come back in a prompt."""
    status, printed = await demonstrate(REPOSITORY / "examples/conversations.toml")
    assert status == 0, printed
    assert "Every step showed what it should." in printed
    assert "✗" not in printed


@pytest.mark.long
async def test_a_claim_that_does_not_hold_fails_the_demonstration(tmp_path: Path) -> None:
    """An expectation that nobody met is named, and the exit status says so."""
    play = (REPOSITORY / "examples/conversations.toml").read_text()
    false = play.replace('["prefers trains"]', '["prefers submarines"]')
    (tmp_path / "play.toml").write_text(false)
    status, printed = await demonstrate(tmp_path / "play.toml")
    assert status == 1
    assert "✗ learned: prefers submarines" in printed
