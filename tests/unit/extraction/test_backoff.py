"""When a failed job is tried again."""

import pytest
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.work.backoff import RetryPolicy
from agent_memory_services.extraction.work.failures import Failure

POLICY = RetryPolicy(
    first_seconds=1.0, longest_seconds=60.0, max_strikes=3, patience_seconds=3600.0
)


def failure(*, strike: bool = False, retry_after: float | None = None) -> Failure:
    """What went wrong."""
    return Failure(Status(), "cause", retry_after, strike)


@given(st.integers(0, 10_000))
def test_waits_double_up_to_the_longest(failures: int) -> None:
    """Every wait is between half and all of what doubling gives, and never beyond the longest."""
    delay = POLICY.delay(failure(), failures=failures, strikes=0, failing_seconds=0)
    full = min(60.0, 2.0 ** min(failures, 10))
    assert delay is not None
    assert full / 2 <= delay <= full


def test_waits_as_long_as_the_provider_asks() -> None:
    """A provider's wish is a lower bound of the wait."""
    asked = failure(retry_after=123.0)
    assert POLICY.delay(asked, failures=0, strikes=0, failing_seconds=0) == 123.0


@pytest.mark.parametrize(("strikes", "given_up"), [(0, False), (1, False), (2, True)])
def test_gives_up_after_the_last_strike(strikes: int, given_up: bool) -> None:
    """A job that may be at fault itself is given up at its last strike."""
    delay = POLICY.delay(failure(strike=True), failures=strikes, strikes=strikes, failing_seconds=0)
    assert (delay is None) is given_up


def test_an_outage_costs_no_strike_but_not_for_ever() -> None:
    """Outages are waited out however often they hit, until patience ends."""
    assert POLICY.delay(failure(), failures=500, strikes=2, failing_seconds=3599) is not None
    assert POLICY.delay(failure(), failures=1, strikes=0, failing_seconds=3601) is None
