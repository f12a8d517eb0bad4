"""Trusting whoever reaches a loopback address."""

import pytest

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth import scope
from agent_memory_services.kit.auth.authenticator import TrustEveryone
from agent_memory_services.kit.auth.credentials import CallCredentials
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.errors import Unauthenticated


def _recognise(metadata: dict[str, str | bytes]) -> Principal:
    return TrustEveryone("acme").recognise(CallCredentials(metadata, dict))


def test_who_names_no_tenant_gets_the_default_one() -> None:
    """And may do everything in it."""
    assert _recognise({}) == Principal("acme", "anyone", Access.ACCESS_ADMIN)


def test_a_named_tenant_is_believed() -> None:
    """That is how one service acts for a tenant towards the next."""
    assert _recognise({"x-agent-memory-tenant": "other"}).tenant == "other"


def test_limits_that_a_service_tells_hold() -> None:
    """A confined caller stays confined on the way through services that trust each other."""
    confined = Principal("acme", "key:a", Access.ACCESS_READER, frozenset({"alice"}))
    assert _recognise({scope.SCOPE_HEADER: scope.scope_of(confined)}) == confined


@pytest.mark.parametrize("tenant", ["", "a b", "x" * 129, "tab\t", "umlaut-ä", b"bytes"])
def test_a_tenant_that_cannot_be_one_is_refused(tenant: str | bytes) -> None:
    """It does not silently become the default tenant."""
    with pytest.raises(Unauthenticated):
        _recognise({"x-agent-memory-tenant": tenant})
