"""Ending replicas by SIGKILL; `tests.chaos.killing` does so as often as one likes."""

from pathlib import Path

from tests.chaos.killing import kill_repeatedly


async def test_a_killed_replica_costs_the_calls_it_was_working_on(tmp_path: Path) -> None:
    """At most those fail, each is told when to come back, and nothing is lost or there twice."""
    seen = await kill_repeatedly(tmp_path, kills=2)
    assert seen.kills.total() == 2
    assert seen.perfect, seen
