"""Ending replicas by SIGTERM; `tests.chaos.rolling` replaces all of them, as often as one likes."""

from pathlib import Path

from tests.chaos.rolling import Turn, roll


async def test_nobody_notices_the_end_of_a_replica(tmp_path: Path) -> None:
    """No call fails, the watcher goes on elsewhere from its token, and every exit code is 0."""
    watched = "working_memory"
    first, second = Turn(0, started=[watched]), Turn(1, ended=[watched], started=[])
    seen = await roll(tmp_path, [first, second])
    assert seen.exits == {0: 4}
    # Both replicas of what it watches have ended.
    assert seen.resumptions["SHUTTING_DOWN"]
    assert seen.calls.total() > 100
    assert seen.perfect, seen
