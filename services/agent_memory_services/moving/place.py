"""How far a file is written or read, noted beside it, so that the rest can follow later."""

import json
from pathlib import Path
from typing import Any


class Place:
    """A small file next to the one that is moved; it exists while the move is not finished."""

    def __init__(self, path: Path, suffix: str) -> None:
        """Keep the place of `path` under its name with a suffix."""
        self.path = path.with_name(path.name + suffix)

    def read(self) -> dict[str, Any] | None:
        """What was noted; None where nothing is."""
        try:
            noted: dict[str, Any] = json.loads(self.path.read_text())
        except FileNotFoundError:
            return None
        return noted

    def note(self, **place: object) -> None:
        """Note a place in one step, so that a crash leaves the old one or the new one."""
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(json.dumps(place))
        fresh.replace(self.path)

    def forget(self) -> None:
        """The move is finished."""
        self.path.unlink(missing_ok=True)
