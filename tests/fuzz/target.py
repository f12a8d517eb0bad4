"""A parser of what comes from outside, fed with anything."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy

_BATCH = 250


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        name: what the command calls it.
        inputs: what it is fed with.
        feed: reads an input; whatever it raises is a finding.
    """

    name: str
    inputs: SearchStrategy[Any]
    feed: Callable[[Any], None]

    def run(self, examples: int, number: int = 0) -> None:
        """Feed so many inputs, which follow from `number`."""

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            verbosity=Verbosity.normal,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @seed(number)
        @given(self.inputs)
        def fuzz(given_input: Any) -> None:
            self.feed(given_input)

        fuzz()

    def run_for(self, seconds: float) -> int:
        """Feed inputs for so long; how many there were."""
        ends, batches = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            self.run(_BATCH, time.time_ns())
            batches += 1
        return batches * _BATCH
