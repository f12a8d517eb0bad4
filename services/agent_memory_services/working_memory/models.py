"""The context window of a model by its name; the table is open and lives in `models.toml`."""

import tomllib
from importlib.resources import files
from typing import Final

_TABLE: Final = tomllib.loads(files(__package__).joinpath("models.toml").read_text())
_WINDOWS: Final[dict[str, int]] = _TABLE["windows"]
DEFAULT_WINDOW: Final[int] = _TABLE["default"]
"""Tokens of a window of which nothing is known."""
_LONGEST_NAME: Final = max(map(len, _WINDOWS))


def window_of(model_name: str) -> int:
    """Tokens that the model reads at most; `DEFAULT_WINDOW` for a name that is not known."""
    name = model_name.lower().rpartition("/")[2]
    while name:
        if window := _by_prefix(name):
            return window
        # Hosted models carry a vendor and a region: `us.anthropic.claude-...`.
        name = name.partition(".")[2]
    return DEFAULT_WINDOW


def _by_prefix(name: str) -> int | None:
    lengths = range(min(len(name), _LONGEST_NAME), 0, -1)
    return next((_WINDOWS[name[:end]] for end in lengths if name[:end] in _WINDOWS), None)
