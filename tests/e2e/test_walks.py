"""Lengths of the walks that a call takes through the source tree."""

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.long
async def test_no_walk_grows() -> None:
    """Each call enters no more files than the script allows it."""
    script = await asyncio.create_subprocess_exec(
        sys.executable,
        ROOT / "scripts/walks.py",
        "--check",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    report, _ = await script.communicate()
    assert script.returncode == 0, report.decode()
