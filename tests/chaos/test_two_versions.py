"""The version before and the present one, beside each other on one store."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.chaos.rolling import Turn, roll

ROOT = Path(__file__).parents[2]
CODE = ("services", "clients/python")


def version_before(folder: Path) -> Path:
    """The tree of the commit before the last; the present one where no history says what was."""
    known = subprocess.run(
        ["git", "archive", "HEAD~1", *CODE], cwd=ROOT, capture_output=True, check=False
    )
    if known.returncode == 0:
        with tarfile.open(fileobj=io.BytesIO(known.stdout)) as tree:
            tree.extractall(folder, filter="data")
    else:
        for part in CODE:
            shutil.copytree(ROOT / part, folder / part)
    return folder


async def test_two_versions_share_a_store(tmp_path: Path) -> None:
    """Each reads what the other wrote and takes its work over; no caller notices which it met."""
    before = version_before(tmp_path / "before")
    seen = await roll(tmp_path, [Turn(0, started=[])], trees={0: before})
    assert seen.exits == {0: 3}
    assert seen.calls.total() > 100
    assert seen.perfect, seen
