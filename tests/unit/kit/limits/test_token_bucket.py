"""A rate with room for bursts."""

from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.kit.server.steps.quotas import TokenBucket

WAITS = st.lists(st.floats(0, 10, allow_nan=False), max_size=50)


def test_a_burst_is_let_in_and_then_the_rate() -> None:
    """And a refusal says to the moment when to come again."""
    bucket = TokenBucket(per_second=2, capacity=3, now=100.0)
    for _ in range(3):
        assert bucket.seconds_until_token(100.0) == 0
        bucket.take(100.0)
    assert bucket.seconds_until_token(100.0) == 0.5
    assert bucket.seconds_until_token(100.25) == 0.25
    assert bucket.seconds_until_token(100.5) == 0


def test_a_rate_below_one_in_a_burst_still_admits_somebody() -> None:
    """One call every ten seconds is a rate too."""
    bucket = TokenBucket(per_second=0.1, capacity=0.2, now=0.0)
    assert bucket.seconds_until_token(0.0) == 0
    bucket.take(0.0)
    assert bucket.seconds_until_token(0.0) == 10


@given(st.floats(0.1, 50), st.floats(1, 20), WAITS)
def test_nobody_gets_more_than_rate_and_burst(
    per_second: float, capacity: float, waits: list[float]
) -> None:
    """Whenever calls come."""
    now, taken = 0.0, 0
    bucket = TokenBucket(per_second, capacity, now)
    for wait in waits:
        now += wait
        if not bucket.seconds_until_token(now):
            bucket.take(now)
            taken += 1
    assert taken <= capacity + now * per_second + 1e-6


@given(st.floats(0.1, 50), st.floats(1, 20), WAITS)
def test_who_waits_as_told_is_let_in(
    per_second: float, capacity: float, waits: list[float]
) -> None:
    """The time in a refusal is enough."""
    now = 0.0
    bucket = TokenBucket(per_second, capacity, now)
    for wait in waits:
        now += wait
        now += bucket.seconds_until_token(now) + 1e-9
        assert bucket.seconds_until_token(now) < 1e-6
        bucket.take(now)
