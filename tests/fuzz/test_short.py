"""A short run of every fuzz target; `python -m tests.fuzz` runs them for as long as one likes."""

import pytest

from tests.fuzz.targets import TARGETS

EXAMPLES = 60


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_from_outside_is_read_or_refused(name: str) -> None:
    """Nothing but the refusals that the parser documents."""
    TARGETS[name].run(EXAMPLES)
