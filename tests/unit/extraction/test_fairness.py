"""Whose turn it is among tenants."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.work.worker import TenantRotation


def test_one_busy_tenant_does_not_starve_another() -> None:
    """A tenant without running jobs goes before one that has some."""
    rotation = TenantRotation()
    rotation.begin("busy")
    assert rotation.next(["busy", "quiet"]) == "quiet"


def test_among_equals_the_longest_unserved_goes_first() -> None:
    """Tenants take turns when none has anything running."""
    rotation, order = TenantRotation(), []
    for _ in range(6):
        chosen = rotation.next(["a", "b", "c"])
        rotation.begin(chosen)
        rotation.end(chosen)
        order.append(chosen)
    assert order == ["a", "b", "c"] * 2


@given(st.integers(2, 6), st.integers(1, 30))
def test_places_are_shared_evenly(tenants: int, places: int) -> None:
    """With everybody waiting, no tenant holds more than one place above another."""
    rotation, running = TenantRotation(), Counter({str(tenant): 0 for tenant in range(tenants)})
    for _ in range(places):
        chosen = rotation.next(running)
        rotation.begin(chosen)
        running[chosen] += 1
    assert max(running.values()) - min(running.values()) <= 1
