"""More is asked than can be answered; `tests.chaos.overload` does it for longer and takes times."""

from pathlib import Path

from tests.chaos.overload import overload


async def test_beyond_capacity_some_are_answered_and_the_rest_told_when_to_come_back(
    tmp_path: Path,
) -> None:
    """Health checks pass, no process ends, and nothing that was acknowledged is lost."""
    outcome = await overload(tmp_path, times=4, seconds=8, find_seconds=1)
    assert outcome.accepted
    assert outcome.told_when
    assert outcome.health["SERVING"]
    assert outcome.faults == []
