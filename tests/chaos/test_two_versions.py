"""The last release and the present version, beside each other on one store."""

from pathlib import Path

import pytest

import baseline
from tests.chaos.rolling import Turn, roll


def last_release(folder: Path) -> Path:
    """Extract the code of the last release; fail where the history does not hold it."""
    release = baseline.last_release()
    try:
        baseline.extract(release.commit, folder, "services", "clients/python")
    except LookupError as error:
        pytest.fail(f"no release to compare with: {error}", pytrace=False)
    program = folder / "services/agent_memory_services/__main__.py"
    if not program.exists():
        # Releases up to 0.1 are started by their module of commands.
        program.write_text("from agent_memory_services.cli import app\n\napp()\n")
    return folder


async def test_two_versions_share_a_store(tmp_path: Path) -> None:
    """Each reads what the other wrote and takes its work over; no caller notices which it met."""
    (tmp_path / "release").mkdir()
    release = last_release(tmp_path / "release")
    # As in a store that the release made: a new one would be of the first to come.
    index = "AGENT_MEMORY_LONG_TERM_MEMORY_INDEX"
    settings = {f"{index}_PRECISION": "float32", f"{index}_M": "16"}
    seen = await roll(tmp_path, [Turn(0, started=[])], settings, trees={0: release})
    assert seen.exits == {0: 3}
    assert seen.calls.total() > 100
    assert seen.perfect, seen
