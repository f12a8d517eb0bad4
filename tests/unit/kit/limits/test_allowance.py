"""Shares of tenants and methods."""

import pytest

from agent_memory_services.kit.contract.errors import Overloaded, QuotaExceeded
from agent_memory_services.kit.server.steps.quotas import Allowances, Quota, QuotaLimits


def _terms(concurrent: int = 0, per_second: float = 0.0) -> QuotaLimits:
    return QuotaLimits(concurrent, per_second, 1.0, "the_setting")


def test_concurrency_is_bounded_until_somebody_leaves() -> None:
    """With a time to wait in the refusal."""
    allowance = Quota(_terms(concurrent=2), 0.0)
    for _ in range(2):
        allowance.require(0.0)
        allowance.take(0.0)
    with pytest.raises(Overloaded) as refused:
        allowance.require(0.0)
    assert refused.value.retry_after
    allowance.leave()
    allowance.require(0.0)


def test_a_rate_names_its_setting() -> None:
    """So that a caller can tell which limit it met."""
    allowance = Quota(_terms(per_second=1), 0.0)
    allowance.take(0.0)
    with pytest.raises(QuotaExceeded) as refused:
        allowance.require(0.25)
    assert refused.value.metadata == {"limit": "the_setting"}
    assert refused.value.retry_after == 0.75


def test_the_number_of_tenants_kept_is_bounded() -> None:
    """The ones longest unheard of go first, and never one whose calls still run."""
    allowances = Allowances(_terms(concurrent=1), max_holders=3)
    running = allowances.of("running", 0.0)
    running.take(0.0)
    seen = {name: allowances.of(name, 0.0) for name in ("a", "b")}
    allowances.of("a", 0.0)
    allowances.of("c", 0.0)
    assert allowances.of("running", 0.0) is running
    allowances.of("d", 0.0)
    assert allowances.of("b", 0.0) is not seen["b"]
