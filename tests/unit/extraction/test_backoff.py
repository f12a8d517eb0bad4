"""When a failed job is tried again."""

import pytest
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.domain.failures import Failure
from agent_memory_services.extraction.work.worker import RetryPolicy
from agent_memory_services.kit.contract.backoff import Backoff

POLICY = RetryPolicy(
    backoff=Backoff(1.0, 60.0),
    max_strikes=3,
    strike_seconds=30.0,
    patience_seconds=3600.0,
)


def failure(*, strike: bool = False, retry_after: float | None = None) -> Failure:
    """What went wrong."""
    return Failure(Status(), "cause", retry_after, strike)


def delay_of(
    failed: Failure,
    *,
    failures: int = 0,
    strikes: int = 0,
    failing_seconds: float = 0,
    striking_seconds: float = 0,
) -> float | None:
    """The policy's answer."""
    return POLICY.delay(
        failed,
        failures=failures,
        strikes=strikes,
        failing_seconds=failing_seconds,
        striking_seconds=striking_seconds,
    )


@given(st.integers(0, 10_000))
def test_waits_double_up_to_the_longest(failures: int) -> None:
    """Every wait is between half and all of what doubling gives, and never beyond the longest."""
    delay = delay_of(failure(), failures=failures)
    full = min(60.0, 2.0 ** min(failures, 10))
    assert delay is not None
    assert full / 2 <= delay <= full


def test_waits_as_long_as_the_provider_asks() -> None:
    """A provider's wish is a lower bound of the wait."""
    asked = failure(retry_after=123.0)
    assert delay_of(asked) == 123.0


@pytest.mark.parametrize(
    ("strikes", "seconds", "given_up"),
    [(0, 60, False), (1, 60, False), (2, 60, True), (2, 29, False), (9, 29, False), (9, 30, True)],
)
def test_gives_up_after_the_last_strike(strikes: int, seconds: float, given_up: bool) -> None:
    """A job that may be at fault itself is given up at its last strike, but not in haste."""
    delay = delay_of(
        failure(strike=True), failures=strikes, strikes=strikes, striking_seconds=seconds
    )
    assert (delay is None) is given_up


def test_an_outage_costs_no_strike_but_not_for_ever() -> None:
    """Outages are waited out however often they hit, until patience ends."""
    assert delay_of(failure(), failures=500, strikes=2, failing_seconds=3599) is not None
    assert delay_of(failure(), failures=1, failing_seconds=3601) is None
