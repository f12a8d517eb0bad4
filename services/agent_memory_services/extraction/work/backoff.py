"""When to try again, and when to give up."""

import random
from dataclasses import dataclass

from agent_memory_services.extraction.work.failures import Failure


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a job is tried.

    Attributes:
        first_seconds: The wait after the first failure; it doubles with each one,
        longest_seconds: up to this.
        max_strikes: Failures that may be the job's own fault, before it is given up,
        strike_seconds: but no sooner than this after the first of them: an endpoint that answers
            nonsense for a while looks like a job that cannot be done.
        patience_seconds: How long an outage around the job is waited out.
    """

    first_seconds: float = 1.0
    longest_seconds: float = 300.0
    max_strikes: int = 5
    strike_seconds: float = 120.0
    patience_seconds: float = 86_400.0

    def delay(
        self,
        failure: Failure,
        *,
        failures: int,
        strikes: int,
        failing_seconds: float,
        striking_seconds: float,
    ) -> float | None:
        """Seconds until the next attempt; None to give up.

        Half of the wait is random, so that jobs that failed together do not return together; what
        a provider asked for is a lower bound.

        Args:
            failure: What went wrong now.
            failures: How often the job had failed before.
            strikes: How many of these may have been its own fault.
            failing_seconds: How long ago the first failure was.
            striking_seconds: How long ago the first strike was.
        """
        if failure.hopeless:
            return None
        blamed = strikes + failure.strike >= self.max_strikes
        if blamed and striking_seconds >= self.strike_seconds:
            return None
        if failing_seconds > self.patience_seconds:
            return None
        full = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures, 64))
        jittered = random.uniform(full / 2, full)  # noqa: S311 - nothing secret
        return max(jittered, failure.retry_after or 0.0)
