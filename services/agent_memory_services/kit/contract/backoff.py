"""Exponential back-off with jitter, for whoever waits between attempts."""

import random
from dataclasses import dataclass
from typing import Final

from agent_memory_services.kit.contract.errors import ServiceError

_MOST_DOUBLINGS: Final = 64
"""Bound of the exponent, so that no number of failures overflows a float."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between attempts, in seconds; each failure doubles them.

    A part of each wait is random, so that those who failed together do not return together.

    Attributes:
        first: the longest wait after the first failure.
        longest: the longest wait after any.
        certain: the share of a wait that is not random, from 0 to 1.
    """

    first: float
    longest: float
    certain: float = 0.5

    def wait(self, failures: int, *, at_least: float | None = None) -> float:
        """Return the seconds until the next attempt.

        Args:
            failures: number of failures before the present one.
            at_least: seconds that the other side asked for, a lower bound; None for no wish.
        """
        full = min(self.first * 2.0 ** min(failures, _MOST_DOUBLINGS), self.longest)
        jittered = random.uniform(full * self.certain, full)  # noqa: S311 - only spreads attempts
        return max(jittered, at_least or 0.0)


def retry_after_of(error: BaseException) -> float | None:
    """Return the seconds that a refusal asks to wait; None where it asks for nothing."""
    return error.retry_after if isinstance(error, ServiceError) else None
