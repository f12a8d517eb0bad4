"""Calls at a part of the capacity; `tests.chaos.soak` makes them for longer."""

from pathlib import Path

from tests.chaos.soak import Minute, soak


async def test_a_soak_reports_every_minute_and_loses_no_call(tmp_path: Path) -> None:
    """Each kind of call is made, nothing fails, and every process is measured."""
    told: list[tuple[int, float, Minute]] = []
    minutes = await soak(
        tmp_path,
        seconds=4,
        find_seconds=1,
        part=0.1,
        minute_seconds=2,
        report=lambda *each: told.append(each),
    )
    assert [number for number, _, _ in told] == list(range(1, len(minutes) + 1))
    for minute in minutes:
        assert not minute.failed
        assert set(minute.sizes) == {
            "store",
            "long_term_memory",
            "extraction",
            "working_memory",
            "the gateway",
        }
        assert all(size.resident and size.files for size in minute.sizes.values())
    assert sum(minute.answered for minute in minutes)
