"""Memory in use."""

from pathlib import Path

import pytest

from agent_memory_services.kit.server.steps import memory
from agent_memory_services.kit.server.steps.memory import MemoryGauge


def test_the_gauge_is_read_ten_times_a_second_at_most() -> None:
    """However many calls ask."""
    readings, now = iter([50, 99, 100, 10]), [0.0]
    gauge = MemoryGauge(100, used=lambda: next(readings), monotonic=lambda: now[0])
    found = []
    for now[0] in (0.0, 0.09, 0.11, 0.22, 0.31, 0.33):
        found.append(gauge.full)
    assert found == [False, False, False, True, True, False]


def test_this_process_uses_some_memory() -> None:
    """In bytes, whatever the size of a page."""
    before = memory.resident_bytes()
    assert before > 1 << 20
    held = bytearray(b"x" * (64 << 20))
    assert memory.resident_bytes() - before > 48 << 20
    del held
    memory.give_back()
    assert memory.resident_bytes() - before < 48 << 20


@pytest.mark.parametrize(
    ("contents", "limit"),
    [
        (["1073741824\n", None], 1 << 30),
        (["max\n", None], None),
        ([None, "536870912\n"], 1 << 29),
        ([None, "9223372036854771712\n"], None),
        ([None, None], None),
    ],
)
def test_the_limit_is_the_containers(
    contents: list[str | None],
    limit: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of either version of control groups, or none."""
    paths = [tmp_path / "v2", tmp_path / "v1"]
    for path, content in zip(paths, contents, strict=True):
        if content is not None:
            path.write_text(content)
    monkeypatch.setattr(memory, "_LIMIT_FILES", paths)
    assert memory.container_limit() == limit
