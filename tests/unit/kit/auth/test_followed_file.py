"""Files that change while we run."""

import os
from pathlib import Path

import pytest

from agent_memory_services.kit.auth.followed_file import FollowedFiles


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def _followed(path: Path, clock: Clock) -> FollowedFiles[int]:
    return FollowedFiles([path], lambda: int(path.read_text()), monotonic=clock)


def test_a_changed_file_is_read_again_within_a_second(tmp_path: Path) -> None:
    """And not looked at more often than that."""
    path, clock = tmp_path / "number", Clock()
    path.write_text("1")
    followed = _followed(path, clock)
    path.write_text("22")
    clock.now = 0.9
    assert followed.current() == 1
    clock.now = 1.0
    assert followed.current() == 22


def test_a_file_that_is_replaced_counts_as_changed(tmp_path: Path) -> None:
    """As secrets are: by a rename, with the same size, within the grain of the clock."""
    path, clock = tmp_path / "number", Clock()
    path.write_text("1")
    followed = _followed(path, clock)
    (tmp_path / "new").write_text("2")
    old = path.stat()
    os.utime(tmp_path / "new", ns=(old.st_atime_ns, old.st_mtime_ns))
    (tmp_path / "new").rename(path)
    clock.now = 1.0
    assert followed.current() == 2


def test_nonsense_leaves_the_last_good_contents(tmp_path: Path) -> None:
    """A writer that is half done, or a file that is gone for a moment, shuts nobody out."""
    path, clock = tmp_path / "number", Clock()
    path.write_text("1")
    followed = _followed(path, clock)
    for step, content in enumerate(["half a num", None, "3"], 1):
        path.unlink() if content is None else path.write_text(content)
        clock.now = step
        assert followed.current() == (3 if content == "3" else 1)


def test_the_first_reading_has_to_succeed(tmp_path: Path) -> None:
    """A process does not start with a file it cannot use."""
    with pytest.raises(OSError, match="number"):
        _followed(tmp_path / "number", Clock())
    (tmp_path / "number").write_text("x")
    with pytest.raises(ValueError, match="invalid literal"):
        _followed(tmp_path / "number", Clock())
