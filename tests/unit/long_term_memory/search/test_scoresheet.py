"""What every part says about every candidate."""

import numpy as np
from pytest import approx  # noqa: PT013 - it reads as a word

from agent_memory_services.long_term_memory.search.scores import Scoresheet, Signal


def test_scores_are_sums_within_bounds() -> None:
    """Contributions add up, and what exceeds the scale is cut off."""
    sheet = Scoresheet(3)
    sheet.add("one", np.array([0.2, 0.9, 0.1]), np.array([0.2, 0.9, 0.1]))
    sheet.add("two", np.array([1.0, 1.0, 1.0]), np.array([0.3, 0.3, -0.3]))
    assert sheet.scores == approx([0.5, 1, 0])


def test_scaling_reaches_what_is_there() -> None:
    """A factor counts for the lines so far, not for later ones."""
    sheet = Scoresheet(1)
    sheet.add("one", np.array([0.8]), np.array([0.8]))
    sheet.scale(0.5)
    sheet.add("two", np.array([0.1]), np.array([0.1]))
    assert sheet.signals(0) == (Signal("one", 0.8, 0.4), Signal("two", 0.1, 0.1))


def test_what_was_not_measured_is_no_signal() -> None:
    """A part that could not measure a memory says nothing about it."""
    sheet = Scoresheet(2)
    sheet.add("one", np.array([np.nan, 0.5]), np.array([0.1, 0.5]))
    assert sheet.signals(0) == ()
    assert sheet.signals(1) == (Signal("one", 0.5, 0.5),)
